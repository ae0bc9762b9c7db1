import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { S3Error } from '../../sandbox/http/errors.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { drillSchema } from '../../src/drill/drill-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { startCommand } from '../execute/command.ts';
import { clientOf } from '../sandbox/client.ts';

/** The command as it is typed, against the sandbox, whose clock moves where the drill waits. */

const clock = vi.hoisted(() => ({ wait: (_milliseconds: number) => {} }));
vi.mock('../../src/execute/backoff.ts', async (original) => ({
  ...(await original<object>()),
  sleep: async (milliseconds: number) => clock.wait(milliseconds),
}));

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const SCRATCH = 's3-rewind-drill-123456789012-us-east-1';
const folder = scratchFolder();
let sandbox: Sandbox;
let waits: number[];

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'us-east-1');
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(async () => {
  sandbox = await startSandbox();
  // Behind the clock of this machine, since a point in time in its future is refused.
  sandbox.clock.set(Date.now() - HOUR_SECONDS * 1000);
  waits = [];
  clock.wait = (milliseconds) => {
    waits.push(milliseconds);
    sandbox.clock.advance(milliseconds / 1000);
  };
});
afterEach(() => sandbox.stop());

const drill = (...args: string[]) =>
  runCommand(
    'drill',
    ...args,
    '--endpoint-url',
    sandbox.endpoint,
    '--region',
    'us-east-1',
    '--force-path-style',
    '--quiet',
  );
const scratch = (...args: string[]) =>
  drill('--scratch', '--scratch-bucket', SCRATCH, '--objects', '40', '--settle', '0s', ...args);
const json = ({ stdout }: { stdout: string }) => {
  const answer = JSON.parse(stdout);
  drillSchema.parse(answer.drill);
  return answer;
};

describe('in a scratch bucket', () => {
  test('rolls back, verifies, undoes, verifies; and says how long it took', async () => {
    const ended = await scratch('--json');
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const { drill: told } = json(ended);
    // Of 40 objects 20 are overwritten, 8 only deleted, 8 new ones come.
    expect(told).toMatchObject({
      passed: true,
      planned: null,
      scratch: { objects: 40, rollback: { rows: 36 }, undo: { rows: 36 }, failure: null },
    });
    expect(told.scratch.rollback.rowsPerSecond).toBeGreaterThan(0);
    expect(told.scratch.rollback.planSeconds).toBeGreaterThan(0);
    expect(sandbox.permanentDeletions).toBe(0);
    expect(sandbox.requests.entries().map(({ operation }) => operation)).not.toContain('DeleteBucket');
  });

  test('makes the bucket closed, versioned and empty again after some days; the next drill takes it up', async () => {
    expect((await scratch('--json')).status).toBe(0);
    const bucket = sandbox.bucket(SCRATCH);
    expect(bucket.versioning).toBe('Enabled');
    expect(bucket.configurations.get('publicAccessBlock')).toMatch(/<RestrictPublicBuckets>true</);
    expect(bucket.configurations.get('tagging')).toMatch(/s3-rewind:drill/);
    const tag = bucket.configurations.get('tagging');
    expect((await scratch('--json')).status).toBe(0);
    expect(bucket.configurations.get('tagging')).toBe(tag);
    expect(sandbox.requests.entries().filter(({ operation }) => operation === 'CreateBucket')).toHaveLength(
      1,
    );
    for (let day = 0; day < 5; day += 1) {
      sandbox.clock.advance(DAY_SECONDS);
      sandbox.applyLifecycle(SCRATCH);
    }
    expect(bucket.stacks.size).toBe(0);
  });

  test('waits until the versioning of a new bucket holds, less what has passed already', async () => {
    const settle = ['--settle', '15m', '--json'];
    let started = Date.now();
    // The tag has whole seconds; a busy machine takes its time between the tag and the wait.
    const passed = () => Date.now() - started + 1_000;
    expect((await scratch(...settle)).status).toBe(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(900_000);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(900_000 - passed());
    // The tag is of the clock of this machine.
    const bucket = sandbox.bucket(SCRATCH);
    started = Date.now();
    const earlier = new Date(started - 10 * 60_000).toISOString().replace(/\.\d+/, '');
    const tag = bucket.configurations.get('tagging') ?? '';
    bucket.configurations.set('tagging', tag.replace(/\d{4}-\d\d-\d\dT[\d:]+Z/, earlier));
    waits = [];
    expect((await scratch(...settle)).status).toBe(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(300_000 - passed());
  });

  test.each<[name: string, prepare: () => void]>([
    ['without tags', () => sandbox.createBucket(SCRATCH, { versioning: 'Enabled' })],
    [
      'with the tag of something else',
      () =>
        sandbox
          .createBucket(SCRATCH, { versioning: 'Enabled' })
          .configurations.set(
            'tagging',
            '<Tagging><TagSet><Tag><Key>s3-rewind:drill</Key><Value>yes</Value></Tag></TagSet></Tagging>',
          ),
    ],
  ])('a bucket %s is left as it is', async (_name, prepare) => {
    prepare();
    const ended = await scratch('--json');
    expect(ended.status).toBe(3);
    expect(json(ended).drill.scratch.failure).toMatchObject({ code: 'DRILL_BUCKET_FOREIGN' });
    const written = sandbox.requests.entries().filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    expect(written).toEqual([]);
  });

  test.each(['PutBucketVersioning', 'PutObject', 'CopyObject'])(
    'stopped at %s, the next drill goes on in the same bucket',
    async (operation) => {
      const end = sandbox.on('before', (name) => {
        if (name === operation) throw new S3Error('AccessDenied');
      });
      expect((await scratch('--json')).status).toBe(3);
      end();
      expect((await scratch('--json')).status).toBe(0);
      expect(sandbox.permanentDeletions).toBe(0);
    },
  );

  test.each([
    ['before the incident', 1],
    ['before the bad deploy', 2],
  ])('killed %s, it is in the trend of the next drill, with the command', async (_when, nth) => {
    const history = join(folder, `killed-${nth}`);
    const { wait } = clock;
    clock.wait = (milliseconds) => {
      wait(milliseconds);
      if (waits.length === nth) throw new Error('killed');
    };
    expect((await scratch('--history', history)).status).toBe(1);
    const [name = ''] = readdirSync(history);
    const kept = drillSchema.parse(JSON.parse(readFileSync(join(history, name), 'utf8')));
    expect(kept).toMatchObject({
      passed: false,
      scratch: { failure: { code: 'INTERRUPTED', hint: expect.stringMatching(/-- drill --scratch/) } },
    });
    clock.wait = wait;
    const next = await scratch('--history', history, '--json');
    expect(next.status).toBe(0);
    expect(json(next).trend).toMatchObject({
      failures: 1,
      drills: [{ passed: false, code: 'INTERRUPTED' }, { passed: true }],
    });
    expect(sandbox.permanentDeletions).toBe(0);
  });

  test('stopped between the bucket and its tag, it is refused with the command that removes it', async () => {
    const end = sandbox.on('before', (name) => {
      if (name === 'PutBucketTagging') throw new S3Error('AccessDenied');
    });
    await scratch();
    end();
    const { status, stdout } = await scratch();
    expect(status).toBe(3);
    expect(stdout).toMatch(
      new RegExp(`^DRILL_BUCKET_FOREIGN at the preparation[\\s\\S]*delete-bucket --bucket ${SCRATCH}`, 'm'),
    );
  });

  test('a store that answers a copy and does not make it fails the drill', async () => {
    const end = sandbox.on('after', (name, request) => {
      if (name !== 'CopyObject') return;
      const bucket = sandbox.bucket(request.bucket ?? '');
      const stack = bucket.stack(request.key ?? '');
      bucket.expire(request.key ?? '', stack[0]?.versionId ?? '');
    });
    const ended = await scratch('--json');
    end();
    expect(ended.status).toBe(3);
    expect(json(ended).drill).toMatchObject({
      passed: false,
      scratch: { rollback: null, undo: null, failure: { step: 'rollback', code: 'DRILL_FAILED' } },
    });
  });
});

describe('of a bucket in use', () => {
  beforeEach(async () => {
    sandbox.createBucket('data', { versioning: 'Enabled' });
    sandbox.clock.set(Date.now() - 3 * DAY_SECONDS * 1000);
    const client = clientOf(sandbox);
    const put = async (key: string, body: string) =>
      await client.send(new PutObjectCommand({ Bucket: 'data', Key: key, Body: body }));
    await put('a b+%2F*$(id)/x', 'first');
    await put('other/y', 'first');
    sandbox.clock.set(Date.now() - HOUR_SECONDS * 1000);
    await put('a b+%2F*$(id)/x', 'second');
    await put('other/y', 'second');
    client.destroy();
    sandbox.requests.reset();
  });

  test('plans its prefix as it was 24 hours ago, and sends nothing but questions', async () => {
    const ended = await drill('--bucket', 'data', '--prefix', 'a b+%2F*$(id)/', '--list', '--json');
    expect(ended.status, ended.stderr).toBe(0);
    const { drill: told } = json(ended);
    expect(told).toMatchObject({
      passed: true,
      scratch: null,
      planned: { bucket: 'data', prefixes: ['a b+%2F*$(id)/'], rows: 1, entries: 2, failure: null },
    });
    const agoMs = Date.parse(told.startedAt) - Date.parse(told.planned.pointInTime);
    expect(agoMs).toBe(DAY_SECONDS * 1000);
    expect(sandbox.requests.entries().every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(
      true,
    );
  });

  test('killed by the system, it is in the trend of the next drill, with the command', async () => {
    const history = join(folder, 'killed-by-the-system');
    const args = ['drill', '--bucket', 'data', '--list', '--history', history, '--quiet'];
    const { child, result } = startCommand(sandbox, args);
    const end = sandbox.on('before', (name) => {
      if (name === 'ListObjectVersions') child.kill('SIGKILL');
    });
    expect(await result).toMatchObject({ status: null, stdout: '' });
    end();
    const next = await drill('--bucket', 'data', '--list', '--history', history);
    expect(next).toMatchObject({ status: 0, stdout: expect.stringMatching(/1 of the last 2 failed/) });
    const texts = readdirSync(history).map((name) => readFileSync(join(history, name), 'utf8'));
    expect(texts.find((text) => text.includes('"INTERRUPTED"'))).toMatch(/-- drill --bucket data/);
  });

  test('tells what keeps a plan from being made, and tries the other half all the same', async () => {
    const ended = await scratch('--bucket', 'not-there', '--list', '--json');
    expect(ended.status).toBe(3);
    expect(json(ended).drill).toMatchObject({
      passed: false,
      planned: { seconds: null, failure: { code: 'BUCKET_NOT_FOUND' } },
      scratch: { failure: null, undo: { rows: 36 } },
    });
  });
});

describe.each([
  ['a folder', () => join(folder, 'history')],
  ['a place on S3', () => 's3://my-records/drills/'],
])('a history in %s', (_name, where) => {
  test('keeps every drill, also one that failed, and shows them all', async () => {
    sandbox.createBucket('my-records', { versioning: 'Enabled' });
    const planned = (...args: string[]) => drill('--bucket', 'data', '--list', '--history', where(), ...args);
    const failed = await planned();
    expect(failed).toMatchObject({ status: 3, stdout: expect.stringMatching(/1 of the last 1 failed/) });
    expect(failed.stdout).toMatch(/^Drill: FAILED\nBUCKET_NOT_FOUND at the plan of data[\s\S]*Next: /);
    sandbox.createBucket('data', { versioning: 'Enabled' });
    const client = clientOf(sandbox);
    await client.send(new PutObjectCommand({ Bucket: 'data', Key: 'x', Body: 'x' }));
    client.destroy();
    expect((await planned()).stdout).toMatch(/1 of the last 2 failed\n {2}time to plan: .* ·█/);
    if (!where().startsWith('s3:')) {
      expect(readdirSync(where())).toHaveLength(2);
      writeFileSync(join(where(), 'drill-20250101t000000z-00000000.json'), '{"schemaVersion":2}');
      writeFileSync(join(where(), 'notes.txt'), 'not a drill');
      const [name = ''] = readdirSync(where()).filter((file) => !file.startsWith('drill-2025'));
      expect(JSON.parse(readFileSync(join(where(), name), 'utf8'))).toHaveProperty('schemaVersion', 1);
    }
    const { stdout, status } = await planned('--json');
    expect(status).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer.unreadable).toBe(where().startsWith('s3:') ? 0 : 1);
    expect(answer.trend).toMatchObject({ failures: 1, drills: [{}, {}, { passed: true, code: null }] });
  });
});

test.each<[name: string, args: string[], message: RegExp]>([
  ['nothing to try', [], /not told what to try/],
  ['a prefix without a bucket', ['--scratch', '--scratch-bucket', 'abc', '--prefix', 'x'], /--bucket/],
  ['no name for the scratch bucket of a store', ['--scratch'], /name it/],
  [
    'the bucket in use for scratch',
    ['--bucket', 'abc', '--scratch', '--scratch-bucket', 'abc'],
    /another name/,
  ],
  ['a scratch bucket without --scratch', ['--bucket', 'abc', '--scratch-bucket', 'abd'], /add --scratch/],
  ['too few objects', ['--scratch', '--scratch-bucket', 'abc', '--objects', '9'], /--objects '9'/],
  ['a duration that is none', ['--bucket', 'abc', '--ago', 'yesterday'], /--ago/],
  ['a bucket name that is none', ['--scratch', '--scratch-bucket', 'A_b'], /not a bucket name/],
  ['a history that is no place', ['--bucket', 'abc', '--history', 's3://x'], /s3:\/\/BUCKET/],
])('%s is refused, and nothing is sent', async (_name, args, message) => {
  const { status, stderr } = await drill(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(sandbox.requests.entries()).toEqual([]);
});
