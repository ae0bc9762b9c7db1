import { sourceView } from '../inventory/reader.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { SqlDialect } from '../render/sql.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { MAX_COPY_OBJECT_BYTES, MAX_KEY_BYTES } from '../s3/rollback.ts';
import { ARCHIVED_ACCESS_TIERS, ARCHIVED_STORAGE_CLASSES } from '../s3/storage-class.ts';
import { activityCells } from './activity.ts';
import type { PlanInputs } from './plan-file.ts';

const MS_PER_DAY = 86_400_000;

/** The values of the SQL templates that all queries of a plan share. */
export function queryView(
  inputs: PlanInputs,
  source: InventorySource,
  dialect: SqlDialect,
  options: { database: string; takenAt: Date },
): object {
  const pointInTimeMs = Date.parse(inputs.timestamp);
  const isMarkerRemoval = inputs.mode === 'delete-marker-removal';
  const removeMarkers = inputs.markers === 'remove';
  return {
    ...sourceView(source, dialect),
    database: options.database,
    bucket: inputs.bucket,
    prefixes: inputs.prefixes.length === 0 ? null : inputs.prefixes,
    pointInTime: inputs.timestamp,
    multipartWindowStart: formatInstant(new Date(pointInTimeMs - inputs.multipartWindowSeconds * 1000)),
    // What existed at the point in time does not decide what Delete Marker Removal does.
    suspectMatters: !isMarkerRemoval,
    flagExpired:
      inputs.noncurrentExpirationDays !== null &&
      !isMarkerRemoval &&
      !inputs.includeUncertain.includes('uncertain-expired'),
    // Only a journal tells that what was current at the point in time was permanently deleted later.
    flagPurged:
      source.columns.is_purged_at_p !== undefined &&
      !isMarkerRemoval &&
      !inputs.includeUncertain.includes('uncertain-expired'),
    expiredBefore:
      inputs.noncurrentExpirationDays === null
        ? inputs.timestamp
        : formatInstant(new Date(options.takenAt.getTime() - inputs.noncurrentExpirationDays * MS_PER_DAY)),
    isBucketRollback: inputs.mode === 'bucket-rollback',
    isMarkerRemoval,
    isCopyToBucket: inputs.mode === 'copy-to-bucket',
    removeMarkers,
    copiesPossible: !(isMarkerRemoval && removeMarkers),
    orderByOrdinal: source.order === 'ordinal',
    isLatestFirst: source.order !== 'ordinal',
    // Else the time of an entry is its order.
    hasOwnOrder: source.order !== 'last-modified',
    include: {
      ambiguous: inputs.includeUncertain.includes('ambiguous'),
      suspectMultipart: inputs.includeUncertain.includes('suspect-multipart'),
      uncopyable: inputs.includeUncertain.includes('uncopyable'),
    },
    archivedStorageClasses: [...ARCHIVED_STORAGE_CLASSES],
    archivedAccessTiers: [...ARCHIVED_ACCESS_TIERS],
    maxCopyObjectBytes: MAX_COPY_OBJECT_BYTES,
    maxKeyBytes: MAX_KEY_BYTES,
    ...activityCells(inputs.timestamp),
    changedOnly: false,
  };
}
