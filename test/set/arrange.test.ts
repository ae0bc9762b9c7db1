import { describe, expect, test } from 'vitest';
import type { ReplicationRule } from '../../src/s3/replication.ts';
import { arrangeSet, scenariosOfReplica } from '../../src/set/arrange.ts';
import {
  inventoriesOf,
  parseBucketFile,
  parseMembers,
  parseReplica,
  regionsOf,
} from '../../src/set/members.ts';

const rule = (destination: string, own: Partial<ReplicationRule> = {}): ReplicationRule => ({
  destination,
  account: null,
  prefix: '',
  byTags: false,
  deleteMarkers: true,
  ...own,
});
const pair = (source: string, destination: string, own: Partial<ReplicationRule> = {}) => ({
  source,
  destination,
  rules: { readable: true as const, value: [rule(destination, own)] },
});
const codes = (checks: { code: string }[]) => checks.map(({ code }) => code);

describe('the order', () => {
  test.each([
    ['as named, where nothing replicates', ['b-1', 'b-2'], [], ['b-1', 'b-2'], []],
    [
      'a source before its destination',
      ['b-2', 'b-1'],
      [pair('b-1', 'b-2')],
      ['b-1', 'b-2'],
      ['REPLICATION_PAIR'],
    ],
    [
      'one destination after both of its sources',
      ['b-3', 'b-1', 'b-2'],
      [pair('b-1', 'b-3'), pair('b-2', 'b-3')],
      ['b-1', 'b-2', 'b-3'],
      ['REPLICATION_PAIR', 'REPLICATION_PAIR'],
    ],
    [
      'of two that replicate into each other, the one that was named first',
      ['b-1', 'b-2'],
      [pair('b-1', 'b-2'), pair('b-2', 'b-1')],
      ['b-1', 'b-2'],
      ['REPLICATION_TWO_WAY', 'REPLICATION_PAIR'],
    ],
    [
      'the end of a chain is whole: replicas are not replicated',
      ['b-1', 'b-2', 'b-3'],
      [pair('b-1', 'b-2'), pair('b-2', 'b-3')],
      ['b-1', 'b-3', 'b-2'],
      ['REPLICATION_CHAIN', 'REPLICATION_PAIR'],
    ],
    [
      'no rule, no pair',
      ['b-2', 'b-1'],
      [{ source: 'b-1', destination: 'b-2', rules: { readable: true as const, value: [] } }],
      ['b-2', 'b-1'],
      ['REPLICATION_OFF'],
    ],
    [
      'nobody looked: the pair counts, its markers do not',
      ['b-2', 'b-1'],
      [{ source: 'b-1', destination: 'b-2', rules: null }],
      ['b-1', 'b-2'],
      ['REPLICATION_PAIR', 'REPLICATION_UNKNOWN'],
    ],
    [
      'another account',
      ['b-1', 'b-2'],
      [pair('b-1', 'b-2', { account: '111122223333' })],
      ['b-1', 'b-2'],
      ['REPLICATION_PAIR', 'REPLICATION_CROSS_ACCOUNT'],
    ],
  ])('%s', (_name, buckets, asked, order, found) => {
    const arranged = arrangeSet(buckets, asked, []);
    expect([arranged.order, codes(arranged.checks)]).toEqual([order, found]);
  });

  test.each([
    [[], { prefix: 'data/' }, true],
    [['data/2025/'], { prefix: 'data/' }, false],
    [['data/', 'logs/'], { prefix: 'data/' }, true],
    [['data/'], { prefix: 'data/2025/' }, true],
    [[], { byTags: true }, true],
    [[], {}, false],
  ])('a rule that leaves keys of %j out is told (%j)', (prefixes, own, isPartial) => {
    expect(arrangeSet(['b-1', 'b-2'], [pair('b-1', 'b-2', own)], prefixes).pairs).toMatchObject([
      { isPartial },
    ]);
  });
});

test.each([
  [true, ['2']],
  [false, ['1', '2']],
  [null, ['1', '2']],
])('what a replica is left with, delete markers replicated: %s', (deleteMarkers, left) => {
  const into = { source: 'b-1', destination: 'b-2', account: null, deleteMarkers, isPartial: false };
  expect(scenariosOfReplica(['1', '2', '3a', '3b', '3c'], [into])).toEqual(left);
  expect(scenariosOfReplica(['4'], [into])).toEqual(['4']);
  expect(scenariosOfReplica(['1', '2', '3b'], [])).toEqual(['1', '2', '3b']);
});

const NAMED = { mayBeNone: false };
test.each([
  ['a bucket twice', () => parseMembers(['b-1', 'b-2', 'b-1'], NAMED), 'SET_INVALID'],
  [
    'too many',
    () =>
      parseMembers(
        Array.from({ length: 21 }, (_, index) => `b-${index}`),
        NAMED,
      ),
    'SET_INVALID',
  ],
  ['none', () => parseMembers([], NAMED), 'SET_INVALID'],
  ['no name', () => parseMembers(['s3://b-1'], NAMED), 'INVALID_BUCKET'],
  ['a folder above', () => parseMembers(['../b-1'], NAMED), 'INVALID_BUCKET'],
  ['a pair of one', () => parseReplica('b-1=b-1'), 'SET_INVALID'],
  ['half a pair', () => parseReplica('b-1='), 'SET_INVALID'],
  ['a foreign inventory', () => inventoriesOf(['b-1=x', 'b-3=x'], ['b-1', 'b-2']), 'SET_INVALID'],
  ['an inventory of nobody', () => inventoriesOf(['x.csv'], ['b-1']), 'SET_INVALID'],
  ['a bucket without inventory', () => inventoriesOf(['b-1=x'], ['b-1', 'b-2']), 'SET_INVALID'],
  ['a foreign Region', () => regionsOf(['b-3=eu-west-1'], ['b-1']), 'SET_INVALID'],
  ['no Region', () => regionsOf(['b-1=Ireland'], ['b-1']), 'SET_INVALID'],
  ['two Regions', () => regionsOf(['b-1=eu-west-1', 'b-1=us-east-1'], ['b-1']), 'SET_INVALID'],
])('%s is refused with the next step', (_name, parse, code) => {
  expect(parse).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(/\w/) }));
});

test('inventories, Regions and files of buckets', () => {
  expect(inventoriesOf(['b-1=a=b.csv', 'b-2=x', 'b-1=y'], ['b-1', 'b-2'])).toEqual(
    new Map([
      ['b-1', ['a=b.csv', 'y']],
      ['b-2', ['x']],
    ]),
  );
  expect(inventoriesOf(['auto'], ['b-1'])).toEqual(new Map([['b-1', ['auto']]]));
  expect(regionsOf(['b-1=us-gov-west-1'], ['b-1'])).toEqual(new Map([['b-1', 'us-gov-west-1']]));
  expect(parseBucketFile('\uFEFF# ours\r\n b-1\r\n\r\nb-2\n')).toEqual(['b-1', 'b-2']);
});
