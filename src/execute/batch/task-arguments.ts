import type { PinnedManifest, TaskArguments } from '../../s3/batch-job.ts';
import { COPY_RESTORED, SCENARIO_OPERATIONS, SCENARIOS, TASK_OPERATIONS } from '../../s3/rollback.ts';
import { STORAGE_CLASS_CHOICES } from '../../s3/storage-class.ts';

/** LambdaInvokeOperation, UserArguments: at most 10 pairs, keys of 64 and values of 1,024 characters. */
const MAX_VALUE_CHARACTERS = 1_024;

const RECORD = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[A-Za-z0-9._-]+\/$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MANIFEST_PATH = /^manifests\/scenario[0-9][a-z]?\.csv$/;

/** The user arguments of a job. @throws TypeError where a value is longer than a job takes */
export function formatTaskArguments(task: TaskArguments): Record<string, string> {
  const values: Record<string, string> = {
    record: task.record,
    digest: task.digest,
    scenario: task.scenario,
    operation: task.operation,
    bucket: task.bucket,
    writtenBucket: task.writtenBucket,
    storageClass: task.storageClass,
    ...(task.kmsKeyArn !== null && { kmsKeyArn: task.kmsKeyArn }),
    manifest: JSON.stringify(task.manifest),
    attempt: String(task.attempt),
  };
  for (const [name, value] of Object.entries(values)) {
    if (value.length > MAX_VALUE_CHARACTERS) throw new TypeError(`${name} is too long for a user argument`);
  }
  return values;
}

/**
 * Reads the user arguments of a job, which anyone who may create a job could have written. What is to be done comes
 * from `operation` alone, never from the shape of a row: a row without a version ID would otherwise add a delete
 * marker where one was to be removed.
 * @returns the arguments, or what is wrong with them
 */
export function parseTaskArguments(values: unknown): TaskArguments | string {
  if (typeof values !== 'object' || values === null) return 'the job has no user arguments';
  const text = (name: string): string => {
    const value = (values as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : '';
  };
  const scenario = SCENARIOS.find((known) => known === text('scenario'));
  if (scenario === undefined) return 'scenario is missing or unknown';
  const operation = TASK_OPERATIONS.find((known) => known === text('operation'));
  if (operation === undefined) return 'operation is missing or unknown';
  const own = SCENARIO_OPERATIONS[scenario];
  const isOwn = operation === COPY_RESTORED ? own.startsWith('copy') : operation === own;
  if (!isOwn) return `scenario ${scenario} is not there to ${operation}`;
  const storageClass = STORAGE_CLASS_CHOICES.find((known) => known === text('storageClass'));
  if (storageClass === undefined) return 'storageClass is missing or unknown';
  if (!RECORD.test(text('record'))) return 'record is not s3://bucket/rollback-id/';
  if (!DIGEST.test(text('digest'))) return 'digest is not a SHA-256';
  if (text('bucket') === '' || text('writtenBucket') === '') return 'a bucket is missing';
  if (!/^[1-9]\d{0,3}$/.test(text('attempt'))) return 'attempt is not a number';
  const manifest = parseManifest(text('manifest'));
  if (typeof manifest === 'string') return manifest;
  return {
    record: text('record'),
    digest: text('digest'),
    scenario,
    operation,
    bucket: text('bucket'),
    writtenBucket: text('writtenBucket'),
    storageClass,
    kmsKeyArn: text('kmsKeyArn') || null,
    manifest,
    attempt: Number(text('attempt')),
  };
}

function parseManifest(json: string): PinnedManifest | string {
  let value: Partial<Record<keyof PinnedManifest, unknown>> | null;
  try {
    value = JSON.parse(json);
  } catch {
    return 'manifest is not JSON';
  }
  const { path, versionId, bytes, rows } = value ?? {};
  // Inside the record, so that it cannot lead to another one.
  if (typeof path !== 'string' || !MANIFEST_PATH.test(path)) return 'manifest is not one of the record';
  if (typeof versionId !== 'string' || versionId === '') return 'manifest names no version';
  if (!isSize(bytes) || !isSize(rows)) return 'manifest has no size';
  return { path, versionId, bytes, rows };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
