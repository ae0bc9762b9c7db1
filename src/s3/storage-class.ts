import { RunbookError } from '../errors.ts';

/** Storage classes that CopyObject accepts as a destination (API_CopyObject, x-amz-storage-class). */
export const COPY_STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;

/** Storage classes that S3's own copy job writes (S3CopyObjectOperation, StorageClass): not REDUCED_REDUNDANCY. */
export const BATCH_COPY_STORAGE_CLASSES = COPY_STORAGE_CLASSES.filter(
  (name) => name !== 'REDUCED_REDUNDANCY',
);

/** `as-source` keeps the class of the version that is copied. */
export const STORAGE_CLASS_CHOICES = ['as-source', ...COPY_STORAGE_CLASSES] as const;
export type StorageClassChoice = (typeof STORAGE_CLASS_CHOICES)[number];

/** Classes whose objects need RestoreObject before they can be read. GLACIER_IR is not one of them. */
export const ARCHIVED_STORAGE_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'] as const;

/** Intelligent-Tiering access tiers that need RestoreObject, as S3 Inventory and as HeadObject spell them. */
export const ARCHIVED_ACCESS_TIERS = [
  'ARCHIVE',
  'DEEP_ARCHIVE',
  'ARCHIVE_ACCESS',
  'DEEP_ARCHIVE_ACCESS',
] as const;

/** @throws RunbookError INVALID_STORAGE_CLASS */
export function parseStorageClassChoice(text: string): StorageClassChoice {
  const found = STORAGE_CLASS_CHOICES.find((choice) => choice === text || choice === text.toUpperCase());
  if (found !== undefined) return found;
  throw new RunbookError(
    'INVALID_STORAGE_CLASS',
    `'${text}' is not a storage class that objects are copied into.`,
    {
      hint: `use one of: ${STORAGE_CLASS_CHOICES.join(', ')}`,
    },
  );
}
