import type { Operation, Scenario } from '../s3/rollback.ts';
import { SCENARIO_OPERATIONS } from '../s3/rollback.ts';

/** Who copies: the task code, which guards each copy, or S3's own copy job, which cannot. */
export type CopyWith = 'task' | 's3-batch-copy';

/** What the roles of a rollback need on objects, by what its manifests do: IAM actions, sorted. */
export type ExecutionActions = {
  /** of the task role, on the bucket that is rolled back */
  task: string[];
  /** of the task role, on the bucket that copies go to, where that is another one */
  taskDestination: string[];
  taskCopies: boolean;
  batchCopies: boolean;
};

/** Guards look at current entries and at versions: HEAD needs these. */
const PROVE = ['s3:GetObject', 's3:GetObjectVersion'];
const READ_SOURCE = [...PROVE, 's3:GetObjectTagging', 's3:GetObjectVersionTagging'];
const WRITE_COPY = [
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
  's3:PutObject',
  's3:PutObjectTagging',
];

/** Copies that S3PutObjectCopy can make: whole objects up to 5 GiB. */
const NATIVE: readonly Operation[] = ['copy', 'copy-to-bucket'];

/**
 * The least that the roles need. Objects in an archive are only listed, so they ask for nothing here.
 * @param scenarios those that have a manifest
 */
export function executionActions(scenarios: readonly Scenario[], copyWith: CopyWith): ExecutionActions {
  const operations = scenarios.map((scenario) => SCENARIO_OPERATIONS[scenario]);
  const own = new Set<string>();
  const destination = new Set<string>();
  let taskCopies = false;
  let batchCopies = false;
  const add = (target: Set<string>, actions: readonly string[]) => {
    for (const action of actions) target.add(action);
  };
  for (const operation of operations) {
    if (copyWith === 's3-batch-copy' && NATIVE.includes(operation)) {
      batchCopies = true;
      continue;
    }
    switch (operation) {
      case 'add-delete-marker':
        add(own, [...PROVE, 's3:DeleteObject']);
        break;
      case 'remove-delete-markers':
        add(own, [...PROVE, 's3:DeleteObjectVersion']);
        break;
      case 'copy':
      case 'copy-multipart':
        taskCopies = true;
        add(own, [...READ_SOURCE, ...WRITE_COPY]);
        break;
      case 'copy-to-bucket':
        taskCopies = true;
        add(own, READ_SOURCE);
        add(destination, [...PROVE, ...WRITE_COPY]);
        break;
      case 'copy-after-restore':
        break;
    }
  }
  return { task: [...own].toSorted(), taskDestination: [...destination].toSorted(), taskCopies, batchCopies };
}
