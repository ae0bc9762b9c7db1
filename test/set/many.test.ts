import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { readSet } from '../../src/set/set-record.ts';
import { runCommand } from '../cli/run-command.ts';
import { AFTER_P, BEFORE_P, inventoryOf, openStage, P, RUN_TIME, type Stage } from '../execute/harness.ts';

let stage: Stage;
let buckets: Bucket[];
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  stage = await openStage();
  const { sandbox, folder } = stage;
  buckets = ['images', 'tables'].map((name) => sandbox.createBucket(name, { versioning: 'Enabled' }));
  sandbox.createBucket('far-away', { versioning: 'Enabled', region: 'eu-west-1' });
  for (const bucket of buckets) {
    sandbox.clock.set(BEFORE_P);
    for (const key of ['a|b', 'c']) bucket.put(key, { body: `${key} old` });
    sandbox.clock.set(AFTER_P);
    bucket.addDeleteMarker('a|b');
    bucket.put('c', { body: 'new' });
    await writeFile(join(folder, `${bucket.name}.csv`), inventoryOf(bucket));
  }
  sandbox.clock.set(RUN_TIME);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stage.end();
});

const planArgs = (out: string, ...args: string[]) => [
  'plan',
  '--timestamp',
  P,
  '--out',
  join(stage.folder, out),
  '--quiet',
  ...args,
];
const named = () =>
  buckets.flatMap(({ name }) => [
    '--bucket',
    name,
    '--inventory',
    `${name}=${join(stage.folder, `${name}.csv`)}`,
  ]);
const endpoint = () => [
  '--endpoint-url',
  stage.sandbox.endpoint,
  '--region',
  'us-east-1',
  '--force-path-style',
];

test('one set from two inventories, without a request: members, digest, comment', async () => {
  const before = stage.sandbox.requests.entries().length;
  const { status, stderr, stdout } = await runCommand(...planArgs('set', ...named()));
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toContain('start-jobs --record');
  expect(stage.sandbox.requests.entries().length).toBe(before);
  const folder = join(stage.folder, 'set');
  expect(readdirSync(folder).toSorted()).toEqual(['1-images', '2-tables', 'comment.md', 'set.json']);
  const { set } = await readSet(folder);
  const comment = await readFile(join(folder, 'comment.md'), 'utf8');
  expect(comment.split('\n')[0]).toBe(
    `<!-- s3-rewind {"v":1,"rollbackId":"${set.setId}","digest":"${set.digest}"} -->`,
  );
  await runCommand(...planArgs('again', ...named()));
  expect((await readSet(join(stage.folder, 'again'))).set.digest).toBe(set.digest);
  const turned = [...named().slice(4), ...named().slice(0, 4)];
  await runCommand(...planArgs('turned', ...turned));
  expect((await readSet(join(stage.folder, 'turned'))).set.digest).not.toBe(set.digest);
});

test('a member is the plan that its bucket would have by itself, byte for byte', async () => {
  const inventory = join(stage.folder, 'images.csv');
  const alone = await runCommand(...planArgs('alone', '--bucket', 'images', '--inventory', inventory));
  expect(alone.status).toBe(0);
  await runCommand(...planArgs('pair', ...named()));
  const plans = await Promise.all(
    ['alone', 'pair/1-images'].map(async (name) =>
      JSON.parse(await readFile(join(stage.folder, name, 'plan.json'), 'utf8')),
    ),
  );
  expect({ ...plans[1], createdAt: plans[0].createdAt }).toEqual(plans[0]);
});

test('a file of buckets that are listed', async () => {
  const file = join(stage.folder, 'buckets.txt');
  await writeFile(file, '# ours\nimages\ntables\n');
  const listed = await runCommand(...planArgs('listed', '--buckets', file, '--list', ...endpoint()));
  expect([listed.stderr, listed.status]).toEqual(['', 0]);
  expect((await readSet(join(stage.folder, 'listed'))).members).toHaveLength(2);
});

test.each([
  ['a bucket twice', () => [...named(), '--bucket', 'images'], 'SET_INVALID'],
  ['an inventory of another bucket', () => [...named(), '--inventory', 'logs=x.csv'], 'SET_INVALID'],
  ['an inventory for none of them', () => [...named(), '--inventory', 'x.csv'], 'SET_INVALID'],
  ['a bucket without an inventory', () => [...named(), '--bucket', 'logs'], 'SET_INVALID'],
  [
    'copies into one bucket',
    () => [...named(), '--mode', 'copy-to-bucket', '--destination-bucket', 'x-1'],
    'SET_INVALID',
  ],
  [
    'a listing to resume',
    () => ['--bucket', 'images', '--bucket', 'tables', '--list', '--resume'],
    'SET_INVALID',
  ],
  ['a file that is not there', () => ['--buckets', '/nowhere', '--list'], 'SET_INVALID'],
  [
    'a replica with nothing left to do',
    () => [...named(), '--replica', 'images=tables', '--scenarios', '3b'],
    'SET_INVALID',
  ],
  [
    'a member whose inventory is not there',
    () => [
      '--bucket',
      'images',
      '--bucket',
      'tables',
      '--inventory',
      `images=${join(stage.folder, 'images.csv')}`,
      'tables=/nowhere.csv',
    ],
    'INVENTORY_NOT_FOUND',
  ],
  [
    'a member in another Region',
    () => ['--bucket', 'images', '--bucket', 'far-away', '--list', ...endpoint()],
    'WRONG_REGION',
  ],
])('%s is refused, and nothing is written', async (_name, args, code) => {
  await mkdir(join(stage.folder, 'refused'), { recursive: true });
  const { status, stderr } = await runCommand(...planArgs('refused/set', ...args()));
  expect([status, stderr.split(':')[0]]).toEqual([2, code]);
  expect(stderr).toMatch(/\nNext: \S/);
  if (code === 'WRONG_REGION') expect(stderr).toContain('--bucket-region far-away=eu-west-1');
  expect(readdirSync(join(stage.folder, 'refused'))).toEqual([]);
});

test('a set starts by --yes alone, and not where a check blocks any member', async () => {
  const out = join(stage.folder, 'blocked');
  const [, tables] = buckets;
  if (tables !== undefined) tables.versioning = 'Suspended';
  const args = ['--bucket', 'images', '--bucket', 'tables', '--list', ...endpoint()];
  expect((await runCommand(...planArgs('blocked', ...args))).status).toBe(0);
  if (tables !== undefined) tables.versioning = 'Enabled';
  expect(await readFile(join(out, 'comment.md'), 'utf8')).toContain(
    'do not start: a check blocks the member tables',
  );
  const start = ['start-jobs', '--record', out, '--quiet', ...endpoint()];
  expect((await runCommand(...start)).stderr).toMatch(/^CONFIRMATION_MISSING: .*2 buckets: images, tables/);
  const { status, stderr } = await runCommand(...start, '--yes');
  expect([status, stderr.split(':').slice(0, 2).join()]).toEqual([2, 'CHECKS_BLOCK, tables']);
  expect(buckets.map((bucket) => bucket.current('c')?.isDeleteMarker)).toEqual([false, false]);
  const undo = await runCommand('undo', '--record', out, '--out', join(stage.folder, 'nothing'));
  expect([undo.status, undo.stderr.split(':')[0]]).toEqual([2, 'RECORD_NOT_RUN']);
});
