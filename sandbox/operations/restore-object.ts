import { isRestored, type ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Response } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { child, childText, parseXml } from '../http/xml.ts';
import { requestedVersion } from './access.ts';
import { archivedError } from './get-object.ts';

const SECONDS_PER_HOUR = 3600;
const MS_PER_DAY = 86_400_000;

/** Longest usual time until data is readable, by class or archive tier ("Archive retrieval options"). */
const RESTORE_SECONDS: Record<string, Record<string, number>> = {
  GLACIER: { Expedited: 300, Standard: 5 * SECONDS_PER_HOUR, Bulk: 12 * SECONDS_PER_HOUR },
  DEEP_ARCHIVE: { Standard: 12 * SECONDS_PER_HOUR, Bulk: 48 * SECONDS_PER_HOUR },
  ARCHIVE_ACCESS: { Expedited: 300, Standard: 5 * SECONDS_PER_HOUR, Bulk: 12 * SECONDS_PER_HOUR },
  DEEP_ARCHIVE_ACCESS: { Standard: 12 * SECONDS_PER_HOUR, Bulk: 48 * SECONDS_PER_HOUR },
};

/** API_RestoreObject: 202 for a request taken, 200 for a copy that is there and stays longer now. */
function restoreObject(context: OperationContext): S3Response {
  const { request, store } = context;
  const { version } = requestedVersion(context);
  const now = store.context.clock.now();
  const { restored, archiveStatus, storageClass } = version.attributes;
  const seconds = RESTORE_SECONDS[archiveStatus ?? storageClass];
  // Intelligent-Tiering has moved a restored object back for good, so that it is not archived any more.
  const isMovedBack = archiveStatus !== undefined && isRestored(restored, now);
  if (seconds === undefined || isMovedBack) throw archivedError(version);
  const body = parseXml(request.body, 'RestoreRequest');
  const days = requestedDays(childText(body, 'Days'), version);
  const tier =
    childText(child(body, 'GlacierJobParameters'), 'Tier') ?? childText(body, 'Tier') ?? 'Standard';
  const wait = seconds[tier];
  if (wait === undefined) {
    throw new S3Error('InvalidArgument', { message: `Retrieval tier ${tier} is not supported here` });
  }
  if (isRestored(restored, now)) {
    keepRestored(version, restored?.readyAt ?? now, days, now);
    return { status: 200 };
  }
  if (restored !== undefined && now < restored.readyAt) throw new S3Error('RestoreAlreadyInProgress');
  keepRestored(version, now + wait * 1000, days, now);
  return { status: 202 };
}

/**
 * Days is needed for GLACIER and DEEP_ARCHIVE, and must be absent for Intelligent-Tiering, which moves the object back
 * for good.
 */
function requestedDays(days: string | undefined, version: ObjectVersion): number | undefined {
  if (version.attributes.archiveStatus !== undefined) {
    if (days === undefined) return undefined;
    throw new S3Error('InvalidArgument', { message: 'Days must not be specified for Intelligent-Tiering' });
  }
  if (days === undefined || Number(days) < 1) throw new S3Error('MalformedXML');
  return Number(days);
}

/**
 * The copy stays until the midnight UTC after its days are over, which count from the request ("Restoring an archived
 * object").
 */
function keepRestored(version: ObjectVersion, readyAt: number, days: number | undefined, now: number): void {
  const expiresAt =
    days === undefined ? undefined : Math.ceil((now + days * MS_PER_DAY) / MS_PER_DAY) * MS_PER_DAY;
  version.attributes = { ...version.attributes, restored: { readyAt, expiresAt } };
}

export const RESTORE_OBJECT_ROUTES: readonly Route[] = [
  {
    operation: 'RestoreObject',
    method: 'POST',
    target: 'key',
    query: ['restore'],
    handle: restoreObject,
  },
];
