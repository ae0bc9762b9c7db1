import type { Store } from '../store.ts';
import type { JobDefinition, JobTask } from './job.ts';

/** Why a job failed while it was prepared. AWS publishes no list of these codes: the names are the sandbox's. */
export class PreparationError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads the manifest of a job as S3 does when it prepares it: the object, pinned by ETag, one task a row
 * ("Specifying a manifest").
 * @throws PreparationError
 */
export function readManifestTasks(store: Store, definition: JobDefinition): JobTask[] {
  const { manifest, operation } = definition;
  const [, bucketName = '', key = ''] = /^arn:[^:]+:s3:::([^/]+)\/(.+)$/.exec(manifest.objectArn) ?? [];
  const bucket = store.buckets.get(bucketName);
  const entry =
    manifest.versionId === undefined ? bucket?.current(key) : bucket?.entry(key, manifest.versionId);
  if (entry === undefined || entry.isDeleteMarker) {
    throw new PreparationError('ManifestNotFound', `Error reading the manifest. ${manifest.objectArn}`);
  }
  if (entry.eTag !== manifest.eTag.replaceAll('"', '')) {
    throw new PreparationError(
      'ManifestETagMismatch',
      'Error reading the manifest. The ETag of the manifest object does not match the one of the job.',
    );
  }
  const text = entry.content.bytes?.toString('utf8') ?? '';
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length === 0) throw new PreparationError('ManifestEmpty', 'The manifest has no rows.');
  const column = (fields: readonly string[], name: string) => fields[manifest.fields.indexOf(name)] ?? '';
  const tasks = lines.map((line, index) => {
    const fields = splitCsv(line);
    if (fields.length !== manifest.fields.length) {
      throw new PreparationError(
        'ManifestInvalid',
        `Row ${index + 1} of the manifest has ${fields.length} fields, not ${manifest.fields.length}.`,
      );
    }
    const task = {
      bucket: column(fields, 'Bucket'),
      key: column(fields, 'Key'),
      versionId: column(fields, 'VersionId'),
    };
    if (operation.kind === 'LambdaInvoke' && task.key.length > 1_024) {
      throw new PreparationError('ManifestInvalid', `The key of row ${index + 1} is longer than 1,024.`);
    }
    return task;
  });
  // "Batch Operations verifies that Object Lock is enabled on your bucket before processing any keys in the manifest."
  if (
    operation.kind === 'S3PutObjectRetention' &&
    tasks.some((task) => store.buckets.get(task.bucket)?.objectLock === undefined)
  ) {
    throw new PreparationError('ObjectLockNotEnabled', 'Object Lock is not enabled on the bucket.');
  }
  const versioned = tasks.filter(({ versionId }) => versionId !== '').length;
  if (versioned !== 0 && versioned !== tasks.length) {
    throw new PreparationError('ManifestInvalid', 'Version IDs are given for all rows or for none.');
  }
  return tasks;
}

function splitCsv(line: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain] of `${line},`.matchAll(/(?:"((?:[^"]|"")*)"|([^",]*)),/g)) {
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
  }
  return fields;
}
