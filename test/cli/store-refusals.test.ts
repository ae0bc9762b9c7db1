import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AFTER_P, openStage, planNow, RUN_TIME, run, type Stage } from '../execute/harness.ts';
import { runCommand } from '../execute/run-command.ts';

let stage: Stage;
let folder: string;
let record: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-rewind-refusals-'));
  stage = await openStage();
  stage.sandbox.clock.set(AFTER_P);
  stage.bucket.put('k', { body: 'new' });
  stage.sandbox.clock.set(RUN_TIME);
  record = (await planNow(stage)).folder;
});
afterEach(async () => {
  await stage.end();
  await rm(folder, { recursive: true, force: true });
});

type Case = {
  args?: string[];
  env?: Record<string, string>;
  prepare?: (stage: Stage) => void;
  code: string;
  message: RegExp;
  next: RegExp;
};

const NOBODY = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
const CHECK_CREDENTIALS = /aws sts get-caller-identity/;
const inIreland = ({ sandbox }: Stage, how: Stage['sandbox']['regionRefusal']) => {
  sandbox.store.buckets.delete('data');
  sandbox.createBucket('data', { versioning: 'Enabled', region: 'eu-west-1' });
  sandbox.regionRefusal = how;
};

const CASES: Record<string, Case> = {
  'a bucket in another Region, at the global endpoint': {
    prepare: (one) => inIreland(one, 'AuthorizationHeaderMalformed'),
    code: 'WRONG_REGION',
    message: /'data' is in the Region eu-west-1/,
    next: /^add --region eu-west-1$/,
  },
  'a bucket in another Region, at an endpoint of a Region': {
    prepare: (one) => inIreland(one, 'PermanentRedirect'),
    code: 'WRONG_REGION',
    message: /'data' is in the Region eu-west-1/,
    next: /^add --region eu-west-1$/,
  },
  'no credentials in the chain': {
    env: NOBODY,
    code: 'CREDENTIALS_MISSING',
    message: /No AWS credentials/,
    next: /AWS_PROFILE.*aws sts get-caller-identity/,
  },
  'a profile that is not configured': {
    env: { ...NOBODY, AWS_PROFILE: 'nobody' },
    code: 'CREDENTIALS_MISSING',
    message: /No AWS credentials/,
    next: CHECK_CREDENTIALS,
  },
  'an access key that the store does not know': {
    prepare: ({ sandbox }) => sandbox.deniedKeys.set('AKIASANDBOX', 'InvalidAccessKeyId'),
    code: 'ACCESS_DENIED',
    message: /InvalidAccessKeyId/,
    next: CHECK_CREDENTIALS,
  },
  'a wrong secret key': {
    prepare: ({ sandbox }) => sandbox.deniedKeys.set('AKIASANDBOX', 'SignatureDoesNotMatch'),
    code: 'ACCESS_DENIED',
    message: /SignatureDoesNotMatch/,
    next: CHECK_CREDENTIALS,
  },
  'a bucket that is not there': {
    prepare: ({ sandbox }) => void sandbox.store.buckets.delete('data'),
    code: 'BUCKET_NOT_FOUND',
    message: /no bucket 'data'/,
    next: /--endpoint-url.*aws s3api list-buckets/,
  },
  'an endpoint that refuses connections': {
    args: ['--endpoint-url', 'http://127.0.0.1:9'],
    code: 'ENDPOINT_UNREACHABLE',
    message: /ECONNREFUSED/,
    next: /--endpoint-url/,
  },
  'an endpoint whose name is not known': {
    // Reserved for names that never resolve (RFC 6761).
    args: ['--endpoint-url', 'http://s3.invalid:9000'],
    code: 'ENDPOINT_UNREACHABLE',
    message: /s3\.invalid/,
    next: /--endpoint-url/,
  },
};

const COMMANDS: Record<string, () => string[]> = {
  inventory: () => ['inventory', '--bucket', 'data', '--out', join(folder, 'versions.csv')],
  'start-jobs': () => ['start-jobs', '--record', record, '--yes'],
};

/** @returns code, message and next step */
async function refusedParts(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = await runCommand(stage.sandbox, args, env);
  expect([status, stdout]).toEqual([2, '']);
  const parts = /^(?<code>[A-Z_]+): (?<message>.*)\nNext: (?<next>.*)\n$/s.exec(stderr)?.groups;
  return { code: '', message: stderr, next: '', ...parts };
}

describe.each(Object.entries(CASES))('%s', (_name, { args = [], env, prepare, ...expected }) => {
  test.each(Object.entries(COMMANDS))('%s is refused, and changes nothing', async (_command, command) => {
    prepare?.(stage);
    const found = await refusedParts([...command(), '--quiet', ...args], env);
    expect(found.code).toBe(expected.code);
    expect(found.message).toMatch(expected.message);
    expect(found.next).toMatch(expected.next);
    expect(stage.sandbox.requests.count('DeleteObjects')).toBe(0);
    // No listing was begun, and the record is not held.
    expect(await readdir(folder)).toEqual([]);
    expect(await readdir(record)).not.toContain('in-use.json');
  });
});

test('the Region that the refusal names is the one that works', async () => {
  inIreland(stage, 'AuthorizationHeaderMalformed');
  stage.sandbox.bucket('data').put('k', { body: 'old' });
  const args = ['inventory', '--bucket', 'data', '--out', join(folder, 'versions.csv'), '--quiet'];
  expect((await runCommand(stage.sandbox, [...args, '--region', 'eu-west-1'])).status).toBe(0);
});

test.each(Object.entries(COMMANDS))('without any Region, %s asks for one', async (_name, command) => {
  const ended = await runCommand(null, [...command(), '--quiet'], {
    AWS_ENDPOINT_URL_S3: stage.sandbox.endpoint,
  });
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.stderr).toMatch(/^WRONG_REGION: No AWS Region is set\.\nNext: add --region /);
});

test('verify asks of a bucket in another Region for that Region', async () => {
  const { readRecord } = await import('../../src/execute/record.ts');
  await run(stage, await readRecord(record));
  inIreland(stage, 'AuthorizationHeaderMalformed');
  const found = await refusedParts(['verify', '--record', record, '--quiet']);
  expect([found.code, found.next]).toEqual(['WRONG_REGION', 'add --region eu-west-1']);
});

describe('an instance metadata service that does not answer', () => {
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => silent.close(resolve));
  });

  test('is asked once or twice, not again and again', async () => {
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const env = {
      ...NOBODY,
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
    };
    const args = ['inventory', '--bucket', 'data', '--out', join(folder, 'versions.csv'), '--quiet'];
    const { code } = await refusedParts(args, env);
    expect(code).toBe('CREDENTIALS_MISSING');
    expect(sockets.size).toBeGreaterThan(0);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });
});
