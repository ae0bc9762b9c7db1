import { expect, test } from 'vitest';
import { checkArguments, type FunctionScope } from '../../lambda/task-scope.ts';
import { formatTaskArguments } from '../../src/execute/batch/task-arguments.ts';
import type { TaskArguments } from '../../src/s3/batch-job.ts';
import type { Scenario, TaskOperation } from '../../src/s3/rollback.ts';

/** Which work a function takes of a scenario, by what its stack fixes. */

const SIZE = { bytes: 100, rows: 1 };
const FIXED = {
  record: 's3://records/rb-x/',
  digest: `sha256:${'a'.repeat(64)}`,
  bucket: 'b',
  writtenBucket: 'b',
};
const SCOPE: FunctionScope = {
  ...FIXED,
  manifests: {
    '1': { operation: 'add-delete-marker', ...SIZE },
    '3a': { operation: 'copy-after-restore', ...SIZE },
    // Copied by a job of S3's own: the function has but what that found in an archive.
    '3b': { operation: 'copy-restored', ...SIZE },
    '3c': { operation: 'copy-multipart', ...SIZE },
  },
};

const LINES: [scenario: Scenario, operation: TaskOperation, isTaken: boolean][] = [
  ['1', 'add-delete-marker', true],
  ['1', 'copy-restored', false],
  ['3a', 'copy-after-restore', true],
  ['3a', 'copy-restored', true],
  ['3a', 'copy', false],
  ['3b', 'copy-restored', true],
  ['3b', 'copy', false],
  ['3c', 'copy-multipart', true],
  ['3c', 'copy-restored', true],
  ['5b', 'copy-restored', false],
];
test.each(LINES)('scenario %s, %s: %s', (scenario, operation, isTaken) => {
  const manifest = { path: `manifests/scenario${scenario}.csv`, versionId: 'v', ...SIZE };
  const shared = { storageClass: 'STANDARD', kmsKeyArn: null, attempt: 1 };
  const task: TaskArguments = { ...FIXED, ...shared, scenario, operation, manifest };
  const answer = checkArguments(SCOPE, formatTaskArguments(task));
  expect(typeof answer).toBe(isTaken ? 'object' : 'string');
});
