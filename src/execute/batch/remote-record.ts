import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { RunbookError } from '../../errors.ts';
import { S3CallError } from '../../s3/call-error.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import type { UploadCalls } from '../../s3/upload-calls.ts';
import { RESTORE_FILE } from '../archived/restore-file.ts';
import { readPatiently, type Sleep } from '../backoff.ts';
import { checkFile, type PlanRecord, readRecord } from '../record.ts';
import { OUTCOME_FILE, readRunOutcome, START_FILE } from '../run-files.ts';
import { formatRecordUrl, type RecordPlace } from './record-place.ts';

type Calls = Pick<ObjectCalls, 'streamObject'>;
export type RecordCalls = ObjectCalls & UploadCalls;

/** Files of a plan folder for people; a record can do without them. */
const REVIEW_FILES = ['comment.md', 'report.html'];

/**
 * Brings a plan from S3 into a folder, with its manifests, and proves that it is what its digest names.
 * @param folder an empty folder
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED, RECORD_FOREIGN_BUCKET; S3CallError
 */
export async function fetchPlan(
  calls: Calls,
  place: RecordPlace,
  folder: string,
  pause: Sleep,
): Promise<PlanRecord> {
  const name = formatRecordUrl(place);
  if (!(await fetchFile(calls, place, 'plan.json', folder, pause))) {
    throw new RunbookError('RECORD_NOT_FOUND', `There is no plan.json in ${name}.`, {
      hint: `see what is there: aws s3 ls ${name}`,
    });
  }
  const { manifests, undoManifests } = await peekPlan(folder, name);
  for (const { path } of [...manifests, ...undoManifests]) {
    await fetchFile(calls, place, path, folder, pause);
  }
  const record = await readRecord(folder, name);
  if (place.prefix === `${record.plan.rollbackId}/`) return record;
  throw new RunbookError(
    'RECORD_CHANGED',
    `${name} holds the plan ${record.plan.rollbackId}, whose place is s3://${place.bucket}/${record.plan.rollbackId}/.`,
    { hint: 'name the record by the ID of its plan: tasks read and write under that prefix alone' },
  );
}

/**
 * Brings what a run left in its record, beside the plan: its start, its end and the outcomes.
 * @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED; S3CallError
 */
export async function fetchRun(
  calls: Calls,
  place: RecordPlace,
  record: PlanRecord,
  pause: Sleep,
): Promise<void> {
  for (const path of [START_FILE, OUTCOME_FILE, RESTORE_FILE])
    await fetchFile(calls, place, path, record.folder, pause);
  const run = await readRunOutcome(record);
  for (const { path } of run?.scenarios ?? []) await fetchFile(calls, place, path, record.folder, pause);
}

/**
 * Uploads a plan folder. Every file is written only where there is none: one that is there with the same content is
 * taken for ours, any other is refused, so a plan on S3 is never replaced. plan.json comes last: a record without it
 * is none. The same plan made at another time differs in what the digest does not cover: the first one stays.
 * @throws RunbookError RECORD_EXISTS; S3CallError
 */
export async function publishPlan(
  calls: RecordCalls,
  place: RecordPlace,
  { folder, plan }: PlanRecord,
  pause: Sleep,
): Promise<void> {
  if ((await publishedDigest(calls, place, pause)) === plan.digest) return;
  const covered = [
    plan.template,
    ...plan.sql,
    ...plan.manifests,
    ...plan.undoManifests,
    ...plan.reviewLists,
  ].map(({ path }) => path);
  // Those of copy jobs serve nobody else, so reading the record has not looked at them.
  const copies = (plan.copyManifests ?? []).filter(({ path }) => !covered.includes(path));
  for (const file of copies) await checkFile(folder, file);
  covered.push(...copies.map(({ path }) => path));
  const shown: string[] = [];
  for (const path of REVIEW_FILES) if (await isThere(join(folder, path))) shown.push(path);
  for (const path of [...covered, ...shown, 'plan.json']) {
    const key = `${place.prefix}${path}`;
    const local = join(folder, path);
    try {
      await readPatiently(
        () => calls.uploadFile(local, { bucket: place.bucket, key, ifNoneMatch: true }),
        pause,
      );
    } catch (error) {
      if (!(error instanceof S3CallError) || error.failure !== 'precondition') throw error;
      if (REVIEW_FILES.includes(path)) continue;
      const stored = await readPatiently(() => calls.streamObject({ bucket: place.bucket, key }), pause);
      if (await isSame(stored, local)) continue;
      throw new RunbookError('RECORD_EXISTS', `s3://${place.bucket}/${key} is there with other content.`, {
        hint: 'a plan on S3 is never replaced: deploy the plan that is there (--record s3://…), or plan anew with a fresh inventory, which gives another ID',
        cause: error,
      });
    }
  }
}

/** @returns the digest that the plan.json at a place names; null where there is none, or none that can be read */
async function publishedDigest(
  calls: Calls,
  { bucket, prefix }: RecordPlace,
  pause: Sleep,
): Promise<string | null> {
  try {
    const stream = await readPatiently(
      () => calls.streamObject({ bucket, key: `${prefix}plan.json` }),
      pause,
    );
    const { digest } = (await json(Readable.from(stream))) as { digest?: unknown };
    return typeof digest === 'string' ? digest : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}

/** Uploads a file of the run, in place of an earlier one. @throws S3CallError */
export async function publishFile(
  calls: UploadCalls,
  place: RecordPlace,
  record: PlanRecord,
  path: string,
  pause: Sleep,
): Promise<void> {
  const object = { bucket: place.bucket, key: `${place.prefix}${path}`, ifNoneMatch: false };
  await readPatiently(() => calls.uploadFile(join(record.folder, path), object), pause);
}

/** @returns whether there is such a file */
async function fetchFile(
  calls: Calls,
  { bucket, prefix }: RecordPlace,
  path: string,
  folder: string,
  pause: Sleep,
): Promise<boolean> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  try {
    await readPatiently(async () => {
      const stream = await calls.streamObject({ bucket, key: `${prefix}${path}` });
      await pipeline(Readable.from(stream), createWriteStream(target));
    }, pause);
    return true;
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof S3CallError && error.failure === 'not-found') return false;
    throw error;
  }
}

/** Which files a plan consists of. The plan is proved once they are all here; until then nothing is believed but names. */
async function peekPlan(
  folder: string,
  name: string,
): Promise<Record<'manifests' | 'undoManifests', { path: string }[]>> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(join(folder, 'plan.json'))) chunks.push(chunk as Buffer);
  try {
    const value = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const pathsOf = (list: unknown) =>
      (Array.isArray(list) ? list : []).map((file: { path?: unknown }) => {
        // Inside the record and the work folder, whatever plan.json says.
        if (typeof file?.path !== 'string' || !/^manifests\/[\w.-]+\.csv$/.test(file.path))
          throw new TypeError('a path leads elsewhere');
        return { path: file.path };
      });
    return { manifests: pathsOf(value.manifests), undoManifests: pathsOf(value.undoManifests) };
  } catch (cause) {
    throw new RunbookError(
      'RECORD_CHANGED',
      `plan.json in ${name} is not a plan: ${(cause as Error).message}.`,
      {
        hint: 'what was reviewed is what runs, or nothing runs: put the file back, or plan again',
        cause,
      },
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

async function isSame(stored: AsyncIterable<Uint8Array>, path: string): Promise<boolean> {
  const local = createReadStream(path)[Symbol.asyncIterator]();
  let own = Buffer.alloc(0);
  for await (const chunk of stored) {
    while (own.length < chunk.length) {
      const next = await local.next();
      if (next.done) return false;
      own = Buffer.concat([own, next.value as Buffer]);
    }
    if (!own.subarray(0, chunk.length).equals(chunk)) return false;
    own = own.subarray(chunk.length);
  }
  return own.length === 0 && (await local.next()).done === true;
}
