import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { PACKAGE_FOLDER, runCommand } from '../cli/run-command.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { LIFECYCLE } from './stage.ts';

/** Both commands as they are typed, against the sandbox. */

const folder = scratchFolder();
const EXCEPT = ['--except', 'arn:aws:iam::111122223333:role/on-call'];
const PLAN = { rollbackId: 'rb-data-20260101t000000z-0a1b2c3d', inputs: { bucket: 'data' } };
let sandbox: Sandbox;
let number = 0;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  sandbox = await startSandbox();
  sandbox.createBucket('my-records', { versioning: 'Enabled' });
  sandbox.createBucket('data', { versioning: 'Enabled' });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.stop();
});
beforeEach(() => {
  number += 1;
  sandbox.bucket('data').configurations.clear();
});

const record = () => join(folder, `record ${number}`);
const policy = () => sandbox.bucket('data').configurations.get('policy') ?? '';
const run = (...args: string[]) =>
  runCommand(...args, '--endpoint-url', sandbox.endpoint, '--force-path-style', '--quiet');
const freeze = (...args: string[]) => run('freeze', '--bucket', 'data', ...args);

describe.each([
  ['a folder', () => record()],
  ['a place on S3', () => `s3://my-records/freeze-data-${number}/`],
])('with %s as the record', (_name, where) => {
  test('freeze, status, thaw', async () => {
    expect(await freeze('--status')).toMatchObject({ status: 0, stdout: 'Not frozen: data\n' });
    const frozen = await freeze('--record', where(), ...EXCEPT, '--until', '2999-01-01T00:00:00Z');
    expect(frozen.stdout).toMatch(
      /^Frozen: data\nmay write: arn:aws:iam::111122223333:role\/on-call; AWS services/,
    );
    expect(frozen.stdout).toMatch(/thaw .*--record /);
    expect((await freeze('--status')).stdout).toMatch(
      /^Frozen until 2999-01-01T00:00:00Z: data, freeze [0-9a-f]{8}\n/,
    );
    expect((await freeze('--record', where(), ...EXCEPT)).stdout).toMatch(/^Frozen already: data/);
    expect((await run('thaw', '--record', where(), '--dry-run')).stdout).toMatch(
      /^Would thaw: data\npolicy: as it was/,
    );
    expect((await run('thaw', '--record', where())).stdout).toMatch(/^Thawed: data\npolicy: as it was/);
    expect((await run('thaw', '--record', where())).stdout).toBe('Thawed already: data\n');
    expect(policy()).toBe('');
  });
});

/** Of a schema that is published in docs/. */
function validatorOf(name: string) {
  const text = readFileSync(join(PACKAGE_FOLDER, 'docs', `${name}.schema.json`), 'utf8');
  return new Ajv2020({ strict: false }).compile(JSON.parse(text));
}

test('--json answers with one object, of the published schema', async () => {
  const args = ['--record', record(), '--account', '111122223333', '--json'];
  const frozen = JSON.parse((await freeze(...args)).stdout);
  expect(frozen).toMatchObject({
    command: 'freeze',
    outcome: 'frozen',
    file: { state: 'frozen', except: ['arn:aws:iam::111122223333:role/s3-rewind/rollback/*'] },
  });
  const status = JSON.parse((await freeze('--status', '--json')).stdout);
  expect(status).toMatchObject({ freezes: [{ id: frozen.file.id, isExpired: false }] });
  const thawed = JSON.parse((await run('thaw', '--record', record(), '--json')).stdout);
  expect(thawed).toMatchObject({ command: 'thaw', outcome: 'thawed', differences: [], rulesLeftPaused: [] });

  const [isAnswer, isFile] = ['freeze-answer', 'freeze'].map(validatorOf);
  for (const answer of [frozen, status, thawed])
    expect(isAnswer?.(answer), JSON.stringify(isAnswer?.errors)).toBe(true);
  const kept = JSON.parse(readFileSync(join(record(), 'freeze.json'), 'utf8'));
  expect(isFile?.(kept), JSON.stringify(isFile?.errors)).toBe(true);
  expect(isFile?.({ ...kept, state: 'half' })).toBe(false);
  expect(isAnswer?.({ ...thawed, policy: 'half' })).toBe(false);
});

test('the record of a rollback gives its freeze the end of its ID', async () => {
  mkdirSync(record());
  writeFileSync(join(record(), 'plan.json'), JSON.stringify(PLAN));
  await freeze('--record', record(), ...EXCEPT);
  expect(policy()).toContain('"S3RewindFreeze0a1b2c3dUntil');
});

test('an overdue freeze is exit status 3, and the thaw tells it', async () => {
  await freeze('--record', record(), ...EXCEPT, '--until', '2999-01-01T00:00:00Z');
  sandbox.bucket('data').configurations.set('policy', policy().replace('Until2999', 'Until2001'));
  expect(await freeze('--status')).toMatchObject({
    status: 3,
    stdout: expect.stringMatching(/^Frozen, and overdue since 2001-01-01T00:00:00Z: data/),
  });
  expect((await run('thaw', '--record', record())).stdout).toContain(
    'the statement of the freeze was changed',
  );
});

test('a paused rule that was changed meanwhile is exit status 3', async () => {
  const [rule] = LIFECYCLE.rules;
  const text = `<LifecycleConfiguration><Rule><ID>${rule?.ID}</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`;
  sandbox.bucket('data').configurations.set('lifecycle', text);
  await freeze('--record', record(), ...EXCEPT);
  const changed = text.replace('Enabled', 'Disabled').replace('<Days>1', '<Days>2');
  sandbox.bucket('data').configurations.set('lifecycle', changed);
  expect(await run('thaw', '--record', record())).toMatchObject({
    status: 3,
    stdout: expect.stringMatching(/expire-old was changed; it stays disabled\nNext: see whether expire-old/),
  });
  expect(sandbox.bucket('data').configurations.get('lifecycle')).toBe(changed);
});

describe('is refused, and changes nothing:', () => {
  /** One line a command: what it is refused with. */
  const REFUSED: [name: string, args: () => string[], code: string, next: RegExp][] = [
    ['no record', () => ['freeze', '--bucket', 'data', ...EXCEPT], 'INVALID_OPTION', /name a folder/],
    [
      'nobody excepted',
      () => ['freeze', '--bucket', 'data', '--record', record()],
      'INVALID_OPTION',
      /--except/,
    ],
    [
      'a record in the bucket itself',
      () => ['freeze', '--bucket', 'data', '--record', 's3://data/freeze/', ...EXCEPT],
      'INVALID_OPTION',
      /deny its own record/,
    ],
    [
      'a record with a path',
      () => ['freeze', '--bucket', 'data', '--record', 's3://my-records/a/b/', ...EXCEPT],
      'INVALID_OPTION',
      /aws s3 ls/,
    ],
    [
      'a bucket that is not there',
      () => ['freeze', '--bucket', 'nowhere', '--record', record(), ...EXCEPT],
      'BUCKET_NOT_FOUND',
      /list-buckets/,
    ],
    ['a thaw of nothing', () => ['thaw', '--record', record()], 'FREEZE_NOT_FOUND', /--status --bucket/],
    [
      'a thaw of nothing on S3',
      () => ['thaw', '--record', 's3://my-records/none/'],
      'FREEZE_NOT_FOUND',
      /--status/,
    ],
    [
      'a record bucket that is not there',
      () => ['thaw', '--record', 's3://no-records/none/'],
      'BUCKET_NOT_FOUND',
      /list-buckets/,
    ],
  ];
  test.each(REFUSED)('%s', async (_name, args, code, next) => {
    const { status, stderr } = await run(...args());
    expect({ status, code: stderr.split(':')[0] }).toEqual({ status: 2, code });
    expect(stderr).toMatch(next);
    expect([...sandbox.bucket('data').configurations]).toEqual([]);
  });

  test('a second freeze, from another record', async () => {
    await freeze('--record', record(), ...EXCEPT);
    const before = policy();
    const { status, stderr } = await freeze('--record', `${record()}-other`, ...EXCEPT);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^FREEZE_EXISTS: 'data' is frozen already, by the freeze [0-9a-f]{8} until /);
    expect(stderr).toMatch(/Next: end that one with its own record: .* thaw .*--record RECORD/);
    expect(policy()).toBe(before);
  });

  test('a thaw of another bucket than is meant', async () => {
    await freeze('--record', record(), ...EXCEPT);
    const before = policy();
    const thaw = (bucket: string) => run('thaw', '--record', record(), '--bucket', bucket);
    expect(await thaw('other')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^INVALID_OPTION: .* holds the freeze of 'data', not of 'other'/),
    });
    expect(policy()).toBe(before);
    expect((await thaw('data')).stdout).toMatch(/^Thawed: data/);
  });

  test('the record of another bucket, and one that holds another freeze', async () => {
    mkdirSync(record());
    writeFileSync(join(record(), 'plan.json'), JSON.stringify({ ...PLAN, inputs: { bucket: 'other' } }));
    expect((await freeze('--record', record(), ...EXCEPT)).stderr).toMatch(/is the record of 'other'/);
    await freeze('--record', `${record()}-own`, ...EXCEPT);
    const other = await run('freeze', '--bucket', 'my-records', '--record', `${record()}-own`, ...EXCEPT);
    expect(other.stderr).toMatch(/^FREEZE_EXISTS: .* holds the freeze of 'data'/);
  });

  test.each(['{', '{}', '{"schemaVersion":2}'])('freeze.json that says %s', async (text) => {
    mkdirSync(record(), { recursive: true });
    writeFileSync(join(record(), 'freeze.json'), text);
    for (const args of [['thaw'], ['freeze', '--bucket', 'data', ...EXCEPT]]) {
      const { status, stderr } = await run(...args, '--record', record());
      expect({ status, code: stderr.split(':')[0] }).toEqual({ status: 2, code: 'FREEZE_DAMAGED' });
    }
    expect(policy()).toBe('');
  });

  test('a policy that S3 does not take', async () => {
    const forget = sandbox.faults.add({
      operation: 'PutBucketPolicy',
      effect: { error: { code: 'MalformedPolicy', status: 400, message: 'Invalid principal in policy' } },
    });
    const { status, stderr } = await freeze('--record', record(), ...EXCEPT);
    forget();
    expect({ status, code: stderr.split(':')[0] }).toEqual({ status: 2, code: 'POLICY_UNREADABLE' });
    expect(stderr).toContain('Invalid principal in policy');
    expect(policy()).toBe('');
  });
});
