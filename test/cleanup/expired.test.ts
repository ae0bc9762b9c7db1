import { expect, test } from 'vitest';
import { expiredRollbacks } from '../../src/cleanup/cleanup.ts';
import type { Stack, StackCalls } from '../../src/s3/stack.ts';

/** Which rollbacks have expired at which time. */

const NOON = '2025-09-30T12:00:00Z';
const stackOf = (name: string, tags: Record<string, string>, records = 'records'): Stack => ({
  id: `arn:aws:cloudformation:eu-west-1:111122223333:stack/${name}/0a`,
  ...{ name, tags, status: 'CREATE_COMPLETE', statusReason: '', outputs: {} },
  parameters: { RecordBucket: records },
});
const expiring = (name: string, expires: string, records?: string) =>
  stackOf(name, { 's3-rewind:rollback': name, 's3-rewind:expires': expires }, records);

const STACKS = [
  expiring('rb-noon', NOON),
  expiring('rb-night', '2025-09-30T23:59:59Z'),
  expiring('rb-other-bucket', NOON, 'other-records'),
  expiring('rb-no-time', 'next week'),
  stackOf('rb-no-tags', {}),
  expiring('someone-elses', NOON),
];
const stacks: Pick<StackCalls, 'listStacks' | 'describeStack'> = {
  async *listStacks() {
    for (const { id, name, status } of STACKS) yield { id, name, status };
  },
  describeStack: async (id) => STACKS.find((stack) => stack.id === id) ?? null,
};

test.each([
  ['2025-09-30T11:59:59.999Z', []],
  [NOON, ['rb-noon']],
  ['2025-09-30T23:59:58Z', ['rb-noon']],
  ['2025-10-01T00:00:00Z', ['rb-noon', 'rb-night']],
  ['2099-01-01T00:00:00Z', ['rb-noon', 'rb-night']],
])('at %s: %j', async (now, expected) => {
  const site = { stacks: stacks as StackCalls };
  expect(await expiredRollbacks(site, 'records', new Date(now))).toEqual(expected);
});
