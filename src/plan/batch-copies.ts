import { RunbookError } from '../errors.ts';
import { isBatchCopied, type Scenario } from '../s3/rollback.ts';
import { BATCH_COPY_STORAGE_CLASSES, type COPY_STORAGE_CLASSES } from '../s3/storage-class.ts';
import type { CountRow } from './classify.ts';
import type { CopyManifest, PlanInputs, PlanManifest } from './plan-file.ts';

type CopyStorageClass = (typeof COPY_STORAGE_CLASSES)[number];

const GUARDED = 'leave --copy-with out: the guarded copies take these too';

/**
 * What S3's own copy job (S3PutObjectCopy) can be asked for, from the options alone. Its limits are those of
 * S3CopyObjectOperation and of "Copy objects" in the guide of S3 Batch Operations.
 * @throws RunbookError COPY_WITH_NOT_POSSIBLE
 */
export function assertBatchCopyServes(inputs: PlanInputs): void {
  const { mode, markers, scenarios, storageClass, includeUncertain } = inputs;
  const copiesNone = mode === 'delete-marker-removal' && markers === 'remove';
  if (copiesNone || !scenarios.some((scenario) => isBatchCopied('s3-batch-copy', scenario))) {
    throw notPossible(
      'this plan copies nothing of 3b or 5b',
      'leave --copy-with out, or plan 3b or 5b as well',
    );
  }
  if (includeUncertain.includes('uncopyable')) {
    throw notPossible("the job cannot copy versions under customers' keys (SSE-C)", GUARDED);
  }
  if (storageClass !== 'as-source' && !BATCH_COPY_STORAGE_CLASSES.some((name) => name === storageClass)) {
    throw notPossible(
      `the job does not write the class ${storageClass}`,
      `name another --storage-class: ${BATCH_COPY_STORAGE_CLASSES.join(', ')}; or leave --copy-with out`,
    );
  }
}

/**
 * The storage classes that the copies of a scenario will have, one job each: a job writes one class, and takes none
 * from the source. An empty class is STANDARD.
 * @param counts of the class `copy`, by storage class of the version to copy
 * @throws RunbookError COPY_WITH_NOT_POSSIBLE where a version is above 5 GiB, or of a class that no job writes
 */
export function batchCopyClasses(
  scenario: Scenario,
  inputs: PlanInputs,
  counts: readonly Pick<CountRow, 'class' | 'storageClass' | 'keys' | 'largeKeys'>[],
): Map<CopyStorageClass, number> {
  const classes = new Map<CopyStorageClass, number>();
  if (!isBatchCopied(inputs.copyWith, scenario)) return classes;
  const own = counts.filter((row) => row.class === 'copy' && row.keys > 0);
  const large = own.reduce((total, row) => total + row.largeKeys, 0);
  if (large > 0) {
    throw notPossible(`${large} versions to copy are above 5 GiB, the most that the job copies`, GUARDED);
  }
  for (const { storageClass, keys } of own) {
    const wanted = inputs.storageClass === 'as-source' ? storageClass || 'STANDARD' : inputs.storageClass;
    const known = BATCH_COPY_STORAGE_CLASSES.find((name) => name === wanted);
    if (known === undefined) {
      throw notPossible(
        `${keys} versions are of the class ${wanted}, which the job does not write`,
        'name a class for all copies, such as --storage-class STANDARD; or leave --copy-with out',
      );
    }
    classes.set(known, (classes.get(known) ?? 0) + keys);
  }
  return new Map([...classes].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * The conservation law once more: the manifests of the copy jobs hold each row of their scenario once.
 * @throws RunbookError CONSERVATION_VIOLATED
 */
export function assertCopiesConserved(
  manifests: readonly Pick<PlanManifest, 'scenario' | 'rows'>[],
  copies: readonly Pick<CopyManifest, 'scenario' | 'storageClass' | 'rows'>[],
  classesOf: (scenario: Scenario) => ReadonlyMap<CopyStorageClass, number>,
): void {
  for (const { scenario, rows } of manifests) {
    const own = copies.filter((copy) => copy.scenario === scenario);
    const expected = classesOf(scenario);
    if (expected.size === 0 && own.length === 0) continue;
    const isEach = own.every((copy) => copy.rows === expected.get(copy.storageClass));
    const total = own.reduce((sum, copy) => sum + copy.rows, 0);
    if (isEach && own.length === expected.size && total === rows) continue;
    throw new RunbookError(
      'CONSERVATION_VIOLATED',
      `The manifests of the copy jobs hold ${total} rows; scenario ${scenario} has ${rows}.`,
      { hint: 'do not go on; take the inventory again, and if it stays, report this message' },
    );
  }
}

function notPossible(fact: string, hint: string): RunbookError {
  return new RunbookError('COPY_WITH_NOT_POSSIBLE', `--copy-with s3-batch-copy cannot serve: ${fact}.`, {
    hint,
  });
}
