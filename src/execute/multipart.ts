import { S3CallError } from '../s3/call-error.ts';
import { forEachConcurrently } from './concurrently.ts';
import {
  copiesToBucket,
  copySettings,
  type GuardedCopy,
  overwritesDestination,
  readCurrent,
  settleCopied,
  withCondition,
} from './guarded-copy.ts';
import { type CurrentEntry, describeEntry } from './key-proof.ts';
import type { UploadAddress, UploadedPart } from './s3-calls.ts';
import type { SplitRow } from './split.ts';
import { outcomeOf, type TaskContext } from './task-context.ts';

/** Parts of 512 MiB: 10,000 of them reach 4.9 TiB. Larger objects take larger, so fewer, parts. */
const PART_BYTES = 536_870_912;
const MEBIBYTE = 1_048_576;
/** "Amazon S3 multipart upload limits" */
const MAX_PARTS = 10_000;
const PARTS_IN_FLIGHT = 16;

type Part = { partNumber: number; first: number; last: number };

/**
 * Copies a version of more than 5 GiB by parts. The upload ID is in the journal before the first part is sent, so a
 * run that was stopped goes on with the parts that are missing. The guard is proven again right before the upload is
 * completed, for the parts may take hours; a key that was written meanwhile stays as it is, as S3 gives the copy its
 * place by the time at which the upload began.
 */
export async function copyByParts(context: TaskContext, guarded: GuardedCopy): Promise<void> {
  const { row, source } = guarded;
  const upload = await openUpload(context, guarded);
  const arrived = await context.read(() => context.calls.listParts(upload));
  const parts = partsOf(source.size);
  const uploaded: UploadedPart[] = [];
  await forEachConcurrently(parts, PARTS_IN_FLIGHT, async (part) => {
    const known = arrived.find(
      ({ partNumber, size }) => partNumber === part.partNumber && size === part.last - part.first + 1,
    );
    if (known === undefined && context.isOutOfTime()) return;
    uploaded.push(known ?? (await copyPart(context, guarded, upload, part)));
  });
  // Out of time: what has arrived stays with the upload.
  if (uploaded.length < parts.length) return;
  const current = await readCurrent(context, row);
  if (!isStill(context, guarded.current, current)) {
    await abandonUpload(context, row);
    context.settle(
      row,
      outcomeOf('drifted', { detail: `current became ${describeEntry(current)} meanwhile` }),
    );
    return;
  }
  await context.assertVersioned();
  await context.announce([row]);
  const inOrder = uploaded.toSorted((left, right) => left.partNumber - right.partNumber);
  const answer = await withCondition(context, guarded.current, (condition) =>
    context.calls.completeUpload(upload, inOrder, condition),
  );
  const after = await readCurrent(context, row);
  if (after.kind === 'version' && after.versionId === answer.versionId)
    settleCopied(context, guarded, answer);
  else {
    const detail = `current is ${describeEntry(after)}, written while the copy ${answer.versionId} was made below it`;
    context.settle(row, outcomeOf('drifted', { detail }));
  }
}

function isStill({ target }: TaskContext, before: CurrentEntry, now: CurrentEntry): boolean {
  if (copiesToBucket(target) && !target.overwrite) return now.kind !== 'version';
  if (before.kind === 'none' || now.kind === 'none') return before.kind === now.kind;
  return before.versionId === now.versionId;
}

/** Gives up the upload of a row that is not to be copied any more: its parts would be billed for ever. */
export async function abandonUpload(context: TaskContext, row: SplitRow): Promise<void> {
  const { upload } = context.history(row);
  if (upload === null) return;
  const address = { bucket: context.target.writtenBucket, key: row.key, uploadId: upload.id };
  try {
    await context.read(() => context.calls.abortUpload(address));
  } catch (error) {
    if (!(error instanceof S3CallError) || error.failure !== 'not-found') throw error;
  }
  await context.recordUpload(row, null);
}

/** The upload of an earlier run, where it is still open, or a new one with all that a copy keeps. */
async function openUpload(
  context: TaskContext,
  { row, source, current }: GuardedCopy,
): Promise<UploadAddress> {
  const address = { bucket: context.target.writtenBucket, key: row.key };
  if (isWrittenSince(context, row, current)) await abandonUpload(context, row);
  const earlier = context.history(row).upload;
  if (earlier !== null) {
    const upload = { ...address, uploadId: earlier.id };
    if (await isOpen(context, upload)) return upload;
  }
  const version = { bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' };
  const tags = source.tagCount === 0 ? [] : await context.read(() => context.calls.readTags(version));
  await context.assertVersioned();
  const uploadId = await context.calls.createUpload({
    ...address,
    source,
    tags,
    ...copySettings(context, source),
  });
  await context.recordUpload(row, uploadId);
  return { ...address, uploadId };
}

/** Whether a key to be copied over was written after the upload of an earlier run began: the copy would lie below. */
function isWrittenSince({ target, history }: TaskContext, row: SplitRow, current: CurrentEntry): boolean {
  const { upload } = history(row);
  if (upload === null || current.kind !== 'version' || !overwritesDestination(target)) return false;
  return current.lastModified.getTime() >= upload.createdAt.getTime();
}

async function isOpen(context: TaskContext, upload: UploadAddress): Promise<boolean> {
  try {
    await context.read(() => context.calls.listParts(upload));
    return true;
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return false;
    throw error;
  }
}

async function copyPart(
  context: TaskContext,
  { row, source }: GuardedCopy,
  upload: UploadAddress,
  part: Part,
): Promise<UploadedPart> {
  const version = { bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' };
  // A part that is copied twice is the same part, so it can be sent again like a request that only reads.
  return await context.read(() =>
    context.calls.copyPart(upload, { ...part, source: version, sourceETag: source.eTag }),
  );
}

/** Cuts an object into at most 10,000 parts of whole MiB, the last one shorter. */
export function partsOf(bytes: number): Part[] {
  const least = Math.ceil(bytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE;
  const size = Math.max(PART_BYTES, least);
  const parts: Part[] = [];
  for (let first = 0; first < bytes; first += size) {
    parts.push({ partNumber: parts.length + 1, first, last: Math.min(bytes, first + size) - 1 });
  }
  return parts;
}
