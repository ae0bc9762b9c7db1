import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { changed, readObjectText } from '../deploy/remote-plan.ts';
import type { DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { sha256OfFile, sha256OfText } from '../inventory/checksum.ts';
import { S3CallError } from '../s3/call-error.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from './retention-plan-file.ts';
import { proveRetentionPlan, type RetentionRecord } from './retention-record.ts';
import type { PreviousRun } from './review-need.ts';
import { OUTCOME_FILE, parseRetentionOutcome, type RetentionOutcome } from './run-files.ts';

/** The records of extensions on S3: `s3://BUCKET/RETENTION-ID/`, beside those of rollbacks. */

type Site = Pick<DeploySite, 'objects' | 'pause'>;

/** Files of a record that the digest does not cover. */
const SHOWN_FILES = ['comment.md', 'inventory.parquet'];

/** Whether an address is that of an extension's record: its ID says so. */
export function isRetentionPlace({ prefix }: RecordPlace): boolean {
  return prefix.startsWith('rt-');
}

/**
 * Reads the plan of a record on S3 and proves it by its digest; manifests stay where they are.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED; S3CallError
 */
export async function readRemoteRetention(site: Site, place: RecordPlace): Promise<RetentionPlan> {
  const url = formatRecordUrl(place);
  const text = await readObjectText(site, place, RETENTION_PLAN_FILE);
  if (text === null) {
    throw new RunbookError('RECORD_NOT_FOUND', `There is no ${RETENTION_PLAN_FILE} in ${url}.`, {
      hint: `see what is there: aws s3 ls ${url}`,
    });
  }
  const plan = proveRetentionPlan(`${url}${RETENTION_PLAN_FILE}`, text);
  if (place.prefix === `${plan.retentionId}/`) return plan;
  throw changed(`${url} holds the plan ${plan.retentionId}.`);
}

/** @returns null where the run has not come to its end. @throws RunbookError RECORD_CHANGED; S3CallError */
export async function readRemoteOutcome(
  site: Site,
  place: RecordPlace,
  plan: RetentionPlan,
): Promise<RetentionOutcome | null> {
  const text = await readObjectText(site, place, OUTCOME_FILE);
  if (text === null) return null;
  const outcome = parseRetentionOutcome(text);
  if (outcome?.planDigest === plan.digest) return outcome;
  throw changed(`${OUTCOME_FILE} in ${formatRecordUrl(place)} is not of this plan.`);
}

/** @throws RunbookError RECORD_*; S3CallError */
export async function readRemotePrevious(
  site: Site,
  place: RecordPlace,
): Promise<PreviousRun & { plan: RetentionPlan }> {
  const plan = await readRemoteRetention(site, place);
  return { plan, isFinished: (await readRemoteOutcome(site, place, plan)) !== null };
}

/**
 * The records of a bucket, oldest first: IDs begin with the bucket and the time of the plan.
 * @throws S3CallError
 */
export async function listRetentionRecords(
  { objects, pause }: Site,
  recordBucket: string,
  idPrefix: string,
): Promise<RecordPlace[]> {
  const found = await readPatiently(() => objects.listFolders(recordBucket, idPrefix), pause);
  return found
    .map((prefix) => ({ bucket: recordBucket, prefix }))
    .toSorted((left, right) => (left.prefix < right.prefix ? -1 : 1));
}

/**
 * Uploads a plan folder, each file only where there is none, retention.json last: a record without it is none. A
 * manifest in parts is there already: S3 put it together.
 * @throws RunbookError RECORD_EXISTS; S3CallError
 */
export async function publishRetention(
  site: Site,
  place: RecordPlace,
  record: RetentionRecord,
): Promise<void> {
  const { folder, plan } = record;
  const here = plan.manifests.filter(({ parts }) => parts === undefined);
  const covered = [...plan.sql, ...here, ...(plan.template === undefined ? [] : [plan.template])];
  const paths = covered.map(({ path }) => path);
  for (const path of SHOWN_FILES) if (await isThere(join(folder, path))) paths.push(path);
  for (const path of [...paths, RETENTION_PLAN_FILE]) {
    const key = `${place.prefix}${path}`;
    const local = join(folder, path);
    try {
      await readPatiently(
        () => site.objects.uploadFile(local, { bucket: place.bucket, key, ifNoneMatch: true }),
        site.pause,
      );
    } catch (error) {
      if (!(error instanceof S3CallError) || error.failure !== 'precondition') throw error;
      if (SHOWN_FILES.includes(path) || (await isSame(site, { bucket: place.bucket, key }, local))) continue;
      throw new RunbookError('RECORD_EXISTS', `s3://${place.bucket}/${key} is there with other content.`, {
        hint: 'a plan on S3 is never replaced: run extend-retention again, which gives another ID',
        cause: error,
      });
    }
  }
}

/** A template that was reviewed, from its record. @throws RunbookError RECORD_CHANGED, NOT_DEPLOYED; S3CallError */
export async function readTemplateOf(site: Site, place: RecordPlace, plan: RetentionPlan): Promise<string> {
  const { template } = plan;
  if (template === undefined) throw changed(`${plan.retentionId} was not made for AWS: it has no template.`);
  const text = (await readObjectText(site, place, template.path)) ?? '';
  if (sha256OfText(text) === template.sha256) return text;
  throw changed(`${formatRecordUrl(place)}${template.path} is not what the plan names.`);
}

async function isSame(
  { objects, pause }: Site,
  object: { bucket: string; key: string },
  path: string,
): Promise<boolean> {
  return await readPatiently(async () => {
    const digest = createHash('sha256');
    for await (const chunk of await objects.streamObject(object)) digest.update(chunk);
    return `sha256:${digest.digest('hex')}` === (await sha256OfFile(path));
  }, pause);
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
