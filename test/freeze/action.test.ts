import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { runLoneStep } from '../actions/run-entry.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';

/** The actions `freeze` and `thaw`, run as their steps run them. */

const folder = scratchFolder();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.createBucket('data', { versioning: 'Enabled' });
  sandbox.createBucket('my-records', { versioning: 'Enabled' });
});
afterAll(() => sandbox.stop());

const runAction = (name: string, inputs: Record<string, string>) =>
  runLoneStep(
    name,
    { folder, endpoint: sandbox.endpoint },
    { INPUT_RECORD: 's3://my-records/freeze-data/', ...inputs },
  );

test('freeze and thaw', async () => {
  const except = 'arn:aws:iam::111122223333:role/on-call\narn:aws:iam::111122223333:role/other';
  const frozen = await runAction('freeze', { INPUT_BUCKET: 'data', INPUT_EXCEPT: except });
  expect(frozen.status, frozen.output).toBe(0);
  expect(frozen.output).toMatch(/^decision<<.*\ndone$/m);
  expect(frozen.summary).toMatch(/### Frozen[\s\S]*S3RewindFreeze/);
  expect(sandbox.bucket('data').configurations.get('policy')).toContain('role/other');
  const thawed = await runAction('thaw', {});
  expect(thawed.status).toBe(0);
  expect(thawed.summary).toMatch(/### Thawed[\s\S]*exactly/);
  expect(sandbox.bucket('data').configurations.get('policy')).toBeUndefined();
});

test('a freeze that excepts nobody is refused', async () => {
  const { status, output } = await runAction('freeze', { INPUT_BUCKET: 'data' });
  expect(status).toBe(2);
  expect(output).toMatch(/^reason-code<<.*\nINVALID_OPTION$/m);
  expect(output).toContain('Nobody is excepted');
});
