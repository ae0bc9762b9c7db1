import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { CommandResult } from '../execute/command.ts';
import { AFTER_P, RUN_TIME } from '../execute/harness.ts';
import { type Account, incident, openAccount } from './account.ts';

/** Copies over what a destination has, on AWS: by the task function and by a job of S3's own, to undo and verify. */

const NOBODY = ['--approval', 'none', '--yes'];
const TO_BUCKET = ['--mode', 'copy-to-bucket', '--destination-bucket', 'copies', '--overwrite'];

let account: Account;
let copies: Bucket;
beforeEach(async () => {
  account = await openAccount();
  incident(account, 3);
  copies = account.sandbox.createBucket('copies', { versioning: 'Enabled' });
  account.sandbox.clock.set(AFTER_P);
  copies.put('deleted/0', { body: 'theirs' });
  copies.put('overwritten/0', { body: 'theirs' });
  copies.put('overwritten/1', { body: 'theirs' });
  copies.addDeleteMarker('overwritten/1');
  copies.put('elsewhere', { body: 'theirs' });
  account.sandbox.clock.set(RUN_TIME);
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

const resultOf = <T>({ status, stdout, stderr }: CommandResult): T => {
  if (status !== 0) throw new Error(`${status}: ${stderr} ${stdout}`);
  return JSON.parse(stdout) as T;
};
const seen = () =>
  Object.fromEntries(
    [...copies.stacks.from(() => true)].flatMap(([key]) => {
      const current = copies.current(key);
      return current?.isDeleteMarker === false ? [[key, current.content.bytes?.toString('utf8')]] : [];
    }),
  );
const GOOD = Object.fromEntries(
  [0, 1, 2].flatMap((number) => [
    [`deleted/${number}`, `deleted ${number}`],
    [`overwritten/${number}`, `good ${number}`],
  ]),
);

test.each([
  ['the task function', []],
  ["a job of S3's own", ['--copy-with', 's3-batch-copy']],
])('%s', async (_name, options) => {
  const { folder } = await account.plan(...TO_BUCKET, ...options);
  const { record } = resultOf<{ record: string }>(await account.deploy(folder));
  const before = seen();
  const run = resultOf(await account.startJobs(record, ...NOBODY));
  expect(run).toMatchObject({ rows: 6, outcomes: { done: 6 } });
  expect(seen()).toEqual({ ...GOOD, elsewhere: 'theirs' });
  expect(resultOf(await account.command('verify', '--record', record, '--quiet', '--json'))).toMatchObject({
    live: { differences: 0, agrees: true },
  });
  // Again: nothing is copied a second time.
  resultOf(await account.startJobs(record, ...NOBODY));
  expect([copies.stack('deleted/0').length, copies.stack('deleted/1').length]).toEqual([2, 1]);

  account.sandbox.clock.advance(60);
  const planned = await account.command(
    ...['undo', '--record', record, '--record-bucket', 'records', '--json'],
    ...['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
  );
  const back = resultOf<{ record: string }>(
    await account.deploy(resultOf<{ record: string }>(planned).record),
  ).record;
  expect(resultOf(await account.startJobs(back, ...NOBODY))).toMatchObject({ outcomes: { done: 6 } });
  expect(seen()).toEqual(before);
  resultOf(await account.command('verify', '--record', back, '--quiet', '--json'));
});
