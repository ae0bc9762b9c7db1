import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkToBatchJob, linkToObject, linkToPrefix, linkToStack } from '../../src/review/console-links.ts';

const JOB = '01234567-89ab-cdef-0123-456789abcdef';

/** Region, and the host of its console. */
const HOSTS: [region: string, host: string | null][] = [
  ['us-east-1', 'us-east-1.console.aws.amazon.com'],
  ['ap-southeast-2', 'ap-southeast-2.console.aws.amazon.com'],
  ['cn-north-1', 'cn-north-1.console.amazonaws.cn'],
  ['cn-northwest-1', 'cn-northwest-1.console.amazonaws.cn'],
  ['us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
  ['us-iso-east-1', null],
  ['eusc-de-east-1', null],
  ['evil.com/?', null],
  ['', null],
];

test.each(HOSTS)('console of %s', (region, host) => {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const stack = `arn:${partition}:cloudformation:${region}:123456789012:stack/rb-1/0a1b-2c`;
  const links = [
    linkToObject(region, 'record', 'rb-1/manifests/scenario2.csv'),
    linkToPrefix(region, 'record', 'rb-1/reports/'),
    linkToBatchJob(region, JOB),
    linkToStack(region, stack),
  ];
  if (host === null) {
    expect(links).toEqual([null, null, null, null]);
    return;
  }
  expect(links).toEqual([
    `https://${host}/s3/object/record?region=${region}&prefix=rb-1%2Fmanifests%2Fscenario2.csv`,
    `https://${host}/s3/buckets/record?region=${region}&prefix=rb-1%2Freports%2F&showversions=false`,
    `https://${host}/s3/jobs/${JOB}?region=${region}`,
    `https://${host}/cloudformation/home?region=${region}#/stacks/stackinfo?stackId=${encodeURIComponent(stack)}`,
  ]);
});

test('what is no bucket, job or stack gets no link', () => {
  expect(linkToObject('us-east-1', 'a/b', 'x')).toBeNull();
  expect(linkToBatchJob('us-east-1', '../x')).toBeNull();
  expect(linkToStack('us-east-1', 'arn:aws:iam::1:role/x')).toBeNull();
});

test('no key leaves its place in the address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const link = linkToObject('eu-central-1', 'record', key) ?? '';
      expect(new URL(link).searchParams.get('prefix')).toBe(key.toWellFormed());
      expect(link).toMatch(/^[\w.:/?=&%~-]+$/);
    }),
  );
});
