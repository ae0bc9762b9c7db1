import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlanner, type Planned, type Planner, type PlannerOptions } from './planner.ts';
import { parseStack } from './stacks.ts';

/** The lists of a plan to the byte: columns, order, encoding, and what plan.json says about them. */

let planner: Planner;
beforeAll(async () => {
  planner = await openPlanner();
});
afterAll(() => planner.close());

function plan(stacks: Record<string, string>, options: PlannerOptions = {}): Promise<Planned> {
  const entries = Object.entries(stacks).map(([key, notation]) => [key, parseStack(notation)] as const);
  return planner.plan(new Map(entries), options);
}

const STACKS = {
  'b/añadido.txt': '-> V1[size=7]',
  'a 1': 'V1 -> DM1, DM2',
  'a+1': 'V1[id=null size=3 GLACIER] -> DM1[id=null2]',
  'c~1': 'V1[GLACIER size=9] -> V2',
  'd,1': 'V1 -> V2',
  'e"1': 'V1[size=5368709121 STANDARD_IA] -> V2',
  f: 'V1[size=1], V2[tie size=1] -> V3',
};

test('Bucket Rollback', async () => {
  const { lists } = await plan(STACKS);
  expect(Object.fromEntries(lists)).toEqual({
    'manifests/scenario1.csv': 'example-bucket,b/a%C3%B1adido.txt,,v1,7,STANDARD\n',
    'manifests/scenario2.csv': [
      'example-bucket,a%201,dm2,dm2,,,v1\n',
      'example-bucket,a%201,dm1,dm2,,,v1\n',
      'example-bucket,a%2B1,null2,null2,,,null\n',
    ].join(''),
    'manifests/scenario2_undo.csv': [
      'example-bucket,a%201,,v1,10,STANDARD\n',
      'example-bucket,a%2B1,,null,3,GLACIER\n',
    ].join(''),
    'manifests/scenario3a.csv': 'example-bucket,c%7E1,v1,v2,9,GLACIER\n',
    'manifests/scenario3b.csv': 'example-bucket,d%2C1,v1,v2,10,STANDARD\n',
    'manifests/scenario3c.csv': 'example-bucket,e%221,v1,v2,5368709121,STANDARD_IA\n',
    'review/ambiguous.csv': [
      'key,version_id,reason,would_be,last_modified,size,storage_class,current_version_id\n',
      'f,v1,"two entries of one second, and nothing tells which of them was on top",copy,',
      '2025-08-12T12:00:00Z,1,STANDARD,v3\n',
    ].join(''),
  });
});

test('plan.json tells rows, keys, bytes and SHA-256 of every list', async () => {
  const { plan: made, lists } = await plan(STACKS);
  const files = [...made.manifests, ...made.undoManifests, ...made.reviewLists];
  expect(files.map((file) => file.path).toSorted()).toEqual([...lists.keys()].toSorted());
  for (const file of files) {
    const text = lists.get(file.path) ?? '';
    const header = file.path.startsWith('review/') ? 1 : 0;
    expect(file).toMatchObject({
      rows: text.split('\n').length - 1 - header,
      bytes: Buffer.byteLength(text),
      sha256: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    });
  }
  const two = made.manifests.find(({ scenario }) => scenario === '2');
  expect(two).toMatchObject({ keys: 2, rows: 3, operation: 'remove-delete-markers' });
});

test('entries and bytes of every class', async () => {
  const { plan: made } = await plan({ ...STACKS, g: 'V1, V2 ->', h: 'V1, DM1 -> V2, DM2' });
  expect(made.classes.map(({ class: name, keys, entries, bytes }) => [name, keys, entries, bytes])).toEqual([
    ['unchanged', 1, 2, 0],
    ['already-absent', 1, 4, 0],
    ['add-delete-marker', 1, 1, 7],
    ['remove-delete-markers', 2, 5, 13],
    ['copy-after-restore', 1, 2, 9],
    ['copy', 1, 2, 10],
    ['copy-multipart', 1, 2, 5368709121],
    ['ambiguous', 1, 3, 0],
    ['suspect-multipart', 0, 0, 0],
    ['uncertain-expired', 0, 0, 0],
    ['uncopyable', 0, 0, 0],
  ]);
});

// In UTF-16 the surrogates of an emoji come before U+FF5E; in UTF-8 they come after it.
const SORTED = ['!', '+', 'A', 'Z', 'a', 'a!', 'a/', 'a0', 'aa', 'é', '～', '￣', '😀', '𫝆'];

const SORTED_LISTS = [
  ['scenario1', '-> V1'],
  ['scenario2', 'V1 -> DM1, DM2'],
  ['scenario2_undo', 'V1 -> DM1, DM2'],
  ['scenario3b', 'V1 -> V2'],
] as const;

test('keys come in the order of their UTF-8 bytes, all rows of a key together', async () => {
  const keysOf = (notation: string) => SORTED.map((key) => `${notation.length}/${key}`);
  const stacks = SORTED_LISTS.flatMap(([, notation]) =>
    keysOf(notation).map((key) => [key, notation] as const),
  );
  const { lists } = await plan(Object.fromEntries(stacks.toReversed()));
  for (const [list, notation] of SORTED_LISTS) {
    const rows = (lists.get(`manifests/${list}.csv`) ?? '').trimEnd().split('\n');
    const keys = rows.map((row) => decodeURIComponent(row.split(',')[1] ?? ''));
    expect([...new Set(keys)], list).toEqual(keysOf(notation));
    expect(keys, list).toEqual(keysOf(notation).flatMap((key) => keys.filter((other) => other === key)));
  }
});

test('the same inventory gives the same plan, whatever its row order and format', async () => {
  const csv = await plan(STACKS);
  const parquet = await plan(STACKS, { format: 'parquet' });
  const ordinal = await plan({ ...STACKS, f: 'V1 ->' }, { order: 'ordinal' });
  expect(Object.fromEntries(parquet.lists)).toEqual(Object.fromEntries(csv.lists));
  const manifests = (planned: Planned) =>
    [...planned.lists].filter(([path]) => path.startsWith('manifests/'));
  expect(manifests(ordinal)).toEqual(manifests(csv));
});
