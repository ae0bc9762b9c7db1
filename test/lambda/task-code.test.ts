import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildTaskCode, bundleTaskCode } from '../../src/render/task-code.ts';
import {
  FUNCTION_ARN,
  functionEnvironment,
  type JobStage,
  openJobStage,
  publish,
} from '../batch/job-stage.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { eventOf } from './function-stage.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Inline code may have 4 MB; this is what keeps needless imports out. */
const MAX_CODE_BYTES = 110_000;

let stage: JobStage;
let code: string;

beforeAll(async () => {
  stage = await openJobStage();
  code = await bundleTaskCode();
});
afterAll(() => stage.end());

test('the code is one small readable text, the same every time, and names nothing of this machine', async () => {
  expect(Buffer.byteLength(code)).toBeLessThan(MAX_CODE_BYTES);
  expect(await buildTaskCode()).toBe(code);
  expect(code).not.toContain(ROOT);
  expect(code.split('\n').length).toBeGreaterThan(1_500);
  expect(Math.max(...code.split('\n').map((line) => line.length))).toBeLessThan(1_000);
});

test('it needs the SDK of the runtime and Node.js alone', () => {
  const needed = new Set([...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name));
  expect([...needed].filter((name) => !name?.startsWith('node:'))).toEqual(['@aws-sdk/client-s3']);
});

test('it runs in a process of its own and carries out a task', async () => {
  const { versionId } = stage.bucket.put('a b/+ü', { body: 'x', lastModified: BEFORE_P });
  const record = await writeRecord(stage.folder, { '1': [row('a b/+ü', { currentVersionId: versionId })] });
  const task = await publish(stage, record, '1');
  const lambda = stage.batch.registerFunction(FUNCTION_ARN, code, {
    environment: functionEnvironment(stage, task),
  });
  const end = await lambda.invoke(eventOf(task));
  expect(end).toMatchObject({
    response: {
      invocationSchemaVersion: '2.0',
      invocationId: 'invocation-1',
      results: [{ taskId: 'task-0', resultCode: 'Succeeded', resultString: '{"done":1}' }],
    },
  });
  expect(stage.bucket.current('a b/+ü')?.isDeleteMarker).toBe(true);
  const [line = ''] = lambda.log.join('').split('\n');
  expect(JSON.parse(line)).toMatchObject({ event: 'task', split: 0, counts: { done: 1 } });
  expect(line).not.toMatch(/a b|AKIA|secret/);
});

test('a function without its environment says which variable is missing', async () => {
  const record = await writeRecord(stage.folder, { '1': [row('k', { currentVersionId: 'v' })] });
  const task = await publish(stage, record, '1');
  const { PLAN_DIGEST: _, ...environment } = functionEnvironment(stage, task);
  const lambda = stage.batch.registerFunction(`${FUNCTION_ARN}9`, code, { environment });
  const end = await lambda.invoke(eventOf(task));
  expect(JSON.stringify(end)).toContain('PLAN_DIGEST is not set');
});

test('the command line does not load the bundler', async () => {
  const script = `await import('${ROOT}/src/cli/program.ts'); await import('${ROOT}/src/render/task-code.ts'); console.log(Object.keys(process.moduleLoadList.filter((name) => /esbuild/.test(name))).length, Object.keys((await import('node:module')).default._cache).filter((name) => name.includes('esbuild')).length)`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout.trim()).toBe('0 0');
});
