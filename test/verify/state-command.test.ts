import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AFTER_P,
  BEFORE_P,
  inventoryOf,
  openStage,
  P,
  planNow,
  RUN_TIME,
  run,
  type Stage,
} from '../execute/harness.ts';
import { runCommand } from '../execute/run-command.ts';
import { undoRecord } from '../undo/undo-record.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  for (const key of ['in/quiet', 'in/shown', 'in/copied', 'out/quiet']) bucket.put(key, { body: 'old' });
  sandbox.clock.set(AFTER_P);
  bucket.addDeleteMarker('in/shown');
  bucket.put('in/copied', { body: 'new' });
  bucket.put('in/hidden', { body: 'new' });
  sandbox.clock.set(RUN_TIME);
});
afterEach(() => stage.end());

const verify = (folder: string, ...args: string[]) =>
  runCommand(stage.sandbox, ['verify', '--record', folder, '--quiet', ...args]);

/** The first line of a refusal, and its next step. */
const refusal = ({ status, stderr }: { status: number | null; stderr: string }) => [
  status,
  stderr.split(':')[0],
  /\nNext: (.*)\n$/.exec(stderr)?.[1],
];

/** Plans by listing, in a command of its own. @returns the plan folder */
async function planByListing(...args: string[]): Promise<string> {
  const out = join(stage.folder, 'listed-plan');
  const plan = ['plan', '--list', '--bucket', 'data', '--timestamp', P, '--out', out, '--quiet', ...args];
  expect(await runCommand(stage.sandbox, plan)).toMatchObject({ status: 0, stderr: '' });
  const start = ['start-jobs', '--record', out, '--yes', '--quiet'];
  expect(await runCommand(stage.sandbox, start)).toMatchObject({ status: 0, stderr: '' });
  return out;
}

test('--list lists the bucket and compares it with the listing in the record', async () => {
  const folder = await planByListing();
  const agreeing = await verify(folder, '--list', '--json');
  expect([agreeing.status, agreeing.stderr]).toEqual([0, '']);
  expect(JSON.parse(agreeing.stdout)).toMatchObject({
    agrees: true,
    state: { compared: 5, excluded: 0, differences: 0 },
  });
  stage.bucket.put('in/quiet', { body: 'later' });
  const differing = await verify(folder, '--list');
  expect(differing.status).toBe(3);
  expect(differing.stdout).toMatch(/2 live: agrees.*\n3 state: DIFFERS; 5 keys .* 1 differ/);
  expect(differing.stdout).toContain('in/quiet: expected the data of version');
});

test('--list lists the scope of the plan, not the rest of the bucket', async () => {
  const folder = await planByListing('--prefix', 'in/');
  stage.bucket.put('out/quiet', { body: 'later' });
  stage.sandbox.requests.reset();
  const { status, stdout } = await verify(folder, '--list', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ state: { compared: 4, agrees: true } });
});

test('--list of a copy-to-bucket plan lists the destination', async () => {
  const copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
  const folder = await planByListing('--mode', 'copy-to-bucket', '--destination-bucket', 'copy');
  expect((await verify(folder, '--list')).status).toBe(0);
  copy.put('in/hidden', { body: 'of the destination alone' });
  copy.put('in/quiet', { body: 'written since' });
  const { status, stdout } = await verify(folder, '--list', '--json');
  expect(status).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ state: { differences: 1, examples: [{ key: 'in/quiet' }] } });
});

test('--inventory compares with a file, and refuses one that is not the plan’s', async () => {
  const record = await planNow(stage);
  await run(stage, record);
  const fresh = join(stage.folder, 'fresh.csv');
  await writeFile(fresh, inventoryOf(stage.bucket));
  const agreeing = await verify(record.folder, '--json', '--inventory', fresh);
  expect([agreeing.status, agreeing.stderr]).toEqual([0, '']);
  expect(JSON.parse(agreeing.stdout)).toMatchObject({ agrees: true, state: { compared: 5 } });
  const swapped = await verify(record.folder, '--inventory', fresh, '--plan-inventory', fresh);
  expect(refusal(swapped)).toEqual([2, 'INVENTORY_CHECKSUM', expect.stringContaining('--plan-inventory')]);
});

test('an inventory of the plan that has moved is asked for before the bucket is listed', async () => {
  const record = await planNow(stage);
  await run(stage, record);
  const moved = join(stage.folder, 'moved.csv');
  await rename(record.plan.inventory.location, moved);
  stage.sandbox.requests.reset();
  expect(refusal(await verify(record.folder, '--list'))).toEqual([
    2,
    'INVENTORY_NOT_FOUND',
    'name where it is now: --plan-inventory PATH',
  ]);
  expect(stage.sandbox.requests.count('GetBucketLifecycleConfiguration')).toBe(0);
  expect((await verify(record.folder, '--list', '--plan-inventory', moved)).status).toBe(0);
});

test('an undo has no state to compare, and is refused before anything is asked', async () => {
  const record = await planNow(stage);
  await run(stage, record);
  const undo = await undoRecord(stage.folder, record);
  await run(stage, undo);
  stage.sandbox.requests.reset();
  for (const args of [['--list'], ['--inventory', 'fresh.csv']]) {
    expect(refusal(await verify(undo.folder, ...args))).toEqual([
      2,
      'INVALID_OPTION',
      expect.stringContaining('without --list and --inventory'),
    ]);
  }
  expect(stage.sandbox.requests.count()).toBe(0);
});

test.each([
  ['--list and --inventory', ['--list', '--inventory', 'fresh.csv']],
  ['--plan-inventory alone', ['--plan-inventory', 'old.csv']],
  ['--concurrency without --list', ['--concurrency', '4']],
  ['a senseless --concurrency', ['--list', '--concurrency', '0']],
])('%s is refused', async (_name, args) => {
  const record = await planNow(stage);
  await run(stage, record);
  const [status, code, next] = refusal(await verify(record.folder, ...args));
  expect([status, code]).toEqual([2, 'INVALID_OPTION']);
  expect(next).toMatch(/\S/);
});
