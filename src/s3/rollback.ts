/**
 * The vocabulary of a rollback (semantics, section 3): modes, classes, scenarios and operations. Every other file
 * takes these names from here.
 */

export const MODES = ['bucket-rollback', 'delete-marker-removal', 'copy-to-bucket'] as const;
export type Mode = (typeof MODES)[number];

/** Classes that are listed for review and never acted on silently, in the order in which they win. */
export const UNCERTAIN_CLASSES = [
  'ambiguous',
  'suspect-multipart',
  'uncertain-expired',
  'uncopyable',
] as const;
export type UncertainClass = (typeof UNCERTAIN_CLASSES)[number];

export const CLASSES = [
  'unchanged',
  'already-absent',
  'absent',
  'add-delete-marker',
  'remove-delete-markers',
  'copy-after-restore',
  'copy',
  'copy-multipart',
  ...UNCERTAIN_CLASSES,
] as const;
export type KeyClass = (typeof CLASSES)[number];

export const SCENARIOS = ['1', '2', '3a', '3b', '3c', '4', '5a', '5b'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export const OPERATIONS = [
  'add-delete-marker',
  'remove-delete-markers',
  'copy',
  'copy-multipart',
  'copy-after-restore',
  'copy-to-bucket',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What a task does to rows that ended `archived` and have been restored since: the copy of their scenario. */
export const COPY_RESTORED = 'copy-restored';
/** What a task can be told to do. */
export const TASK_OPERATIONS = [...OPERATIONS, COPY_RESTORED] as const;
export type TaskOperation = (typeof TASK_OPERATIONS)[number];

export const MARKER_CHOICES = ['remove', 'copy'] as const;

/** Who copies: the task code, which guards each copy, or S3's own copy job, which cannot. */
export const COPY_CHOICES = ['guarded', 's3-batch-copy'] as const;
export type CopyChoice = (typeof COPY_CHOICES)[number];

/** What a scenario does to a key, in the words of the review. */
export const SCENARIO_ACTIONS: Record<Scenario, string> = {
  '1': 'Add a delete marker',
  '2': 'Remove delete markers',
  '3a': 'Restore from archive, then copy',
  '3b': 'Copy the older version on top',
  '3c': 'Copy the older version on top, by parts (> 5 GiB)',
  '4': 'Remove delete markers on top',
  '5a': 'Restore from archive, then copy to the destination',
  '5b': 'Copy to the destination bucket',
};

/** The operation that each scenario's manifest drives. */
export const SCENARIO_OPERATIONS: Record<Scenario, Operation> = {
  '1': 'add-delete-marker',
  '2': 'remove-delete-markers',
  '3a': 'copy-after-restore',
  '3b': 'copy',
  '3c': 'copy-multipart',
  '4': 'remove-delete-markers',
  '5a': 'copy-after-restore',
  '5b': 'copy-to-bucket',
};

/** Scenarios that a mode can plan. Delete Marker Removal has 3a-3c only with `markers: copy`. */
export const MODE_SCENARIOS: Record<Mode, readonly Scenario[]> = {
  'bucket-rollback': ['1', '2', '3a', '3b', '3c'],
  'delete-marker-removal': ['4', '3a', '3b', '3c'],
  'copy-to-bucket': ['5a', '5b'],
};

/** Classes that a mode can assign, in the order in which they are shown. */
export const MODE_CLASSES: Record<Mode, readonly KeyClass[]> = {
  'bucket-rollback': [
    'unchanged',
    'already-absent',
    'add-delete-marker',
    'remove-delete-markers',
    'copy-after-restore',
    'copy',
    'copy-multipart',
    ...UNCERTAIN_CLASSES,
  ],
  'delete-marker-removal': [
    'unchanged',
    'remove-delete-markers',
    'copy-after-restore',
    'copy',
    'copy-multipart',
    ...UNCERTAIN_CLASSES,
  ],
  'copy-to-bucket': ['absent', 'copy-after-restore', 'copy', ...UNCERTAIN_CLASSES],
};

/** CopyObject's limit: 5 GiB (API_CopyObject). Larger objects are copied by parts. */
export const MAX_COPY_OBJECT_BYTES = 5_368_709_120;
/** S3's limit for a key, in bytes of UTF-8 ("Naming Amazon S3 objects"). */
export const MAX_KEY_BYTES = 1024;

/** The scenario of a class in a mode, or null where nothing is planned. */
export function scenarioOf(mode: Mode, keyClass: KeyClass): Scenario | null {
  switch (keyClass) {
    case 'add-delete-marker':
      return '1';
    case 'remove-delete-markers':
      return mode === 'delete-marker-removal' ? '4' : '2';
    case 'copy-after-restore':
      return mode === 'copy-to-bucket' ? '5a' : '3a';
    case 'copy':
      return mode === 'copy-to-bucket' ? '5b' : '3b';
    case 'copy-multipart':
      return '3c';
    default:
      return null;
  }
}

/** Scenarios whose copies S3's own job can make: whole objects up to 5 GiB, not archived. */
const BATCH_COPY_SCENARIOS: readonly Scenario[] = ['3b', '5b'];

/** Whether S3's own copy job carries a scenario out. */
export function isBatchCopied(copyWith: CopyChoice | undefined, scenario: Scenario): boolean {
  return copyWith === 's3-batch-copy' && BATCH_COPY_SCENARIOS.includes(scenario);
}
