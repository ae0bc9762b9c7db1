import { type CopyChoice, isBatchCopied, SCENARIO_OPERATIONS, type Scenario } from '../s3/rollback.ts';

/** What the roles of a rollback need on objects, by what its manifests do: IAM actions, sorted. */
export type ExecutionActions = {
  /** of the task role, on the bucket that is rolled back */
  task: string[];
  /** of the task role, on the bucket that copies go to, where that is another one */
  taskDestination: string[];
  taskCopies: boolean;
  batchCopies: boolean;
  /** whether jobs of S3's own may ask for the restore of archived versions, see docs/archived.md */
  batchRestores: boolean;
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

/**
 * The least that the roles need. The task function asks for no restore; it copies what has been restored, of the
 * scenarios of archived versions and of what S3's own job found in an archive.
 * @param scenarios those that have a manifest
 */
export function executionActions(
  scenarios: readonly Scenario[],
  copyWith: CopyChoice | undefined,
): ExecutionActions {
  const own = new Set<string>();
  const destination = new Set<string>();
  let taskCopies = false;
  let batchCopies = false;
  let batchRestores = false;
  const add = (target: Set<string>, actions: readonly string[]) => {
    for (const action of actions) target.add(action);
  };
  const addCopies = (isToBucket: boolean) => {
    taskCopies = true;
    if (isToBucket) {
      add(own, READ_SOURCE);
      add(destination, [...PROVE, ...WRITE_COPY]);
    } else add(own, [...READ_SOURCE, ...WRITE_COPY]);
  };
  for (const scenario of scenarios) {
    if (isBatchCopied(copyWith, scenario)) batchCopies = true;
    switch (SCENARIO_OPERATIONS[scenario]) {
      case 'add-delete-marker':
        add(own, [...PROVE, 's3:DeleteObject']);
        break;
      case 'remove-delete-markers':
        add(own, [...PROVE, 's3:DeleteObjectVersion']);
        break;
      case 'copy-after-restore':
        batchRestores = true;
        addCopies(scenario === '5a');
        break;
      case 'copy':
      case 'copy-multipart':
        addCopies(false);
        break;
      case 'copy-to-bucket':
        addCopies(true);
        break;
    }
  }
  return {
    task: [...own].toSorted(),
    taskDestination: [...destination].toSorted(),
    ...{ taskCopies, batchCopies, batchRestores },
  };
}
