import { DeleteObjectsCommand, type ObjectIdentifier, type S3Client } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import { scanRecords } from '../s3/scan-records.ts';
import { keepDocument } from './keep-document.ts';

/** What became of the entries of a request, each under the name of its entry. */
export type DeletionAnswers = {
  deleted: ReadonlyMap<string, { addedMarkerId: string | null }>;
  failed: ReadonlyMap<string, { code: string; message: string }>;
};

const ROOT = 'DeleteResult';

/** The name of an entry within its request: a key may be in it once per version. */
export function entryName(key: string | undefined, versionId: string | undefined): string {
  return `${versionId ?? ''}/${key}`;
}

/**
 * Sends one DeleteObjects request. The SDK takes as long to read the answer as all other work on its 1,000 keys, so
 * it is read here.
 */
export async function deleteObjects(
  client: S3Client,
  bucket: string,
  entries: readonly ObjectIdentifier[],
): Promise<DeletionAnswers> {
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    Delete: { Objects: [...entries], Quiet: false },
  });
  const document = keepDocument(command, ROOT);
  await client.send(command);
  return parseDeleteResult(document());
}

/**
 * Parses the document of DeleteObjects (API_DeleteObjects).
 * @throws S3CallError for anything else, and for a document that was cut off: what it lacks may have been carried out
 */
export function parseDeleteResult(document: string): DeletionAnswers {
  const records = scanRecords(document, ROOT);
  if (records === null) {
    throw new S3CallError('CutOffAnswer', 'the answer to DeleteObjects is not whole', { status: null });
  }
  const deleted = new Map<string, { addedMarkerId: string | null }>();
  const failed = new Map<string, { code: string; message: string }>();
  for (const { element, fields } of records) {
    const name = entryName(fields.Key, fields.VersionId);
    if (element === 'Deleted') deleted.set(name, { addedMarkerId: fields.DeleteMarkerVersionId ?? null });
    else if (element === 'Error') {
      failed.set(name, { code: fields.Code ?? 'NoCode', message: fields.Message ?? 'S3 gave no reason' });
    }
  }
  return { deleted, failed };
}
