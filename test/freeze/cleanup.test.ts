import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, incident, openAccount } from '../aws-end-to-end/account.ts';

/** A rollback on AWS whose bucket was frozen: cleanup ends the freeze with it. */

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(() => account.end());

test('cleanup thaws the bucket of its record, and a second one finds nothing', async () => {
  incident(account);
  const { folder } = await account.plan();
  const { stdout } = await account.deploy(folder);
  const { record, bucket } = {
    record: (JSON.parse(stdout) as { record: string }).record,
    bucket: account.bucket,
  };
  const run = (...args: string[]) => account.command(...args, '--quiet');
  const frozen = await run(
    ...['freeze', '--bucket', bucket.name, '--record', record, '--account', '123456789012', '--json'],
  );
  expect(frozen.status, frozen.stderr).toBe(0);
  const id = /-([0-9a-f]{8})\/$/.exec(record)?.[1];
  expect(bucket.configurations.get('policy')).toContain(`S3RewindFreeze${id}Until`);

  const clean = (...options: string[]) =>
    run('cleanup', '--account', '123456789012', '--record', record, '--poll-seconds', '0.02', ...options);
  expect((await clean('--dry-run')).stdout).toContain(`\n  would thaw ${bucket.name}`);
  expect(bucket.configurations.has('policy')).toBe(true);
  expect((await clean()).stdout).toContain(`\n  thawed ${bucket.name}`);
  expect(bucket.configurations.has('policy')).toBe(false);
  expect((await clean()).stdout).not.toContain('thaw');
});
