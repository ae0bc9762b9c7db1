import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { type HashedFile, hashContent } from '../execute/content-hash.ts';
import { provePlan } from '../execute/record.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { PlanManifest, RollbackPlan } from '../plan/plan-file.ts';
import type { PinnedManifest } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { DeploySite } from './site.ts';

type Site = Pick<DeploySite, 'objects' | 'pause'>;

/**
 * Reads a file of a record on S3.
 * @returns null where there is none
 * @throws S3CallError
 */
export async function readObjectText(
  { objects, pause }: { objects: Pick<DeploySite['objects'], 'readObject'> } & Pick<DeploySite, 'pause'>,
  { bucket, prefix }: RecordPlace,
  path: string,
): Promise<string | null> {
  try {
    const found = await readPatiently(() => objects.readObject({ bucket, key: `${prefix}${path}` }), pause);
    return found.bytes.toString('utf8');
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}

/**
 * Reads the plan of a record on S3, and proves it and its template by their digests; manifests stay where they are.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED; S3CallError
 */
export async function readRemotePlan(
  { objects, pause }: Site,
  place: RecordPlace,
): Promise<{ plan: RollbackPlan; template: string }> {
  const url = formatRecordUrl(place);
  const read = async (path: string) => {
    const text = await readObjectText({ objects, pause }, place, path);
    if (text !== null) return text;
    throw new RunbookError('RECORD_NOT_FOUND', `There is no ${path} in ${url}.`, {
      hint: `see what is there: aws s3 ls ${url}`,
    });
  };
  const plan = provePlan(`${url}plan.json`, await read('plan.json'));
  if (place.prefix !== `${plan.rollbackId}/`) throw changed(`${url} holds the plan ${plan.rollbackId}.`);
  const template = await read(plan.template.path);
  const found = sha256OfText(template);
  if (found !== plan.template.sha256) {
    throw changed(`${url}${plan.template.path} is ${found}; the plan names ${plan.template.sha256}.`);
  }
  return { plan, template };
}

/** @throws RunbookError RECORD_CHANGED; S3CallError */
export async function pinManifest(
  site: Site,
  place: RecordPlace,
  manifest: PlanManifest,
): Promise<PinnedManifest> {
  const { versionId } = await pinFile(site, place, manifest);
  return { path: manifest.path, versionId, bytes: manifest.bytes, rows: manifest.rows };
}

/**
 * Proves a manifest by its SHA-256, reading it once as a stream, and pins the version that was read.
 * @throws RunbookError RECORD_CHANGED; S3CallError
 */
export async function pinFile(
  { objects, pause }: Site,
  place: RecordPlace,
  manifest: HashedFile,
): Promise<{ key: string; versionId: string; eTag: string }> {
  const object = { bucket: place.bucket, key: `${place.prefix}${manifest.path}` };
  const name = `s3://${object.bucket}/${object.key}`;
  try {
    const head = await readPatiently(
      () => objects.readObject({ ...object, range: { start: 0, end: 1 } }),
      pause,
    );
    const { versionId, eTag } = head;
    if (versionId === null) throw changed(`${name} has no version ID.`);
    const found = await readPatiently(
      async () => hashContent(await objects.streamObject({ ...object, versionId }), manifest.parts),
      pause,
    );
    if (found !== manifest.sha256) throw changed(`${name} is ${found}; the plan names ${manifest.sha256}.`);
    return { key: object.key, versionId, eTag };
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') throw changed(`${name} is not there.`);
    throw error;
  }
}

export function changed(fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', fact, {
    hint: 'what was reviewed is what runs, or nothing runs: put the file back, or plan again',
  });
}
