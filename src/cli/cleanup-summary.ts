import Table from 'cli-table3';
import type { Cleaned } from '../cleanup/cleanup.ts';
import type { CleanedFolder } from '../cleanup/local-record.ts';
import type { DroppedPlan } from '../cleanup/plan-databases.ts';
import type { EndedFreeze } from '../freeze/end-freeze.ts';
import { formatCount } from '../review/figures.ts';
import { printable } from '../s3/printable.ts';
import { freezeNote } from './freeze-summary.ts';

/** What `cleanup` says of records on S3. @param isTrial nothing was removed */
export function cleanedSummary(
  { cleaned, plans }: { cleaned: readonly Cleaned[]; plans: readonly DroppedPlan[] },
  isTrial: boolean,
): string {
  if (cleaned.length + plans.length === 0) return 'Nothing has expired.';
  const removed = isTrial ? 'would remove' : 'removed';
  return [
    ...cleaned.map(
      ({ rollbackId, jobs, stack, workObjects, freeze }) =>
        `${rollbackId}: ${removed} ${formatCount(jobs.length)} unfinished jobs, ${stack === null ? 'no stack' : `the stack ${stack}`}, ${formatCount(workObjects)} work files; the record stays${freezeNote(freeze)}`,
    ),
    ...plans.map(
      ({ database, workObjects }) =>
        `${removed} the database ${database} of a plan that was lost, with ${formatCount(workObjects)} work files`,
    ),
  ].join('\n');
}

/** What `cleanup` says of the members of a set on S3. */
export function cleanedSetSummary(
  setId: string,
  { cleaned, plans }: { cleaned: readonly Cleaned[]; plans: readonly DroppedPlan[] },
  isTrial: boolean,
): string {
  const table = openTable(['Bucket', isTrial ? 'Jobs to cancel' : 'Jobs cancelled', 'Stack', 'Work files']);
  for (const { bucket, jobs, stack, workObjects } of cleaned)
    table.push([bucket, formatCount(jobs.length), stack ?? 'none', formatCount(workObjects)]);
  return [
    `${setId}: ${isTrial ? 'would be cleaned up; nothing was removed' : 'cleaned up'}`,
    table.toString(),
    ...plans.map(({ database }) => `the database ${database} of a plan that was lost`),
    ...freezeLines(cleaned),
    'Every record stays, that of the set too: verify and undo work as before.',
  ].join('\n');
}

/** What `cleanup` says of the members of a set in a folder. */
export function cleanedFolderSetSummary(
  setId: string,
  folder: string,
  members: readonly (CleanedFolder & { bucket: string; freeze: EndedFreeze })[],
  isTrial: boolean,
): string {
  const table = openTable(['Bucket', isTrial ? 'Uploads to abort' : 'Uploads aborted', 'Files that stay']);
  for (const { bucket, uploads, files } of members)
    table.push([bucket, formatCount(uploads.length), formatCount(files)]);
  return [
    `${setId}: ${isTrial ? 'would be cleaned up; nothing was changed' : 'cleaned up'}`,
    table.toString(),
    ...freezeLines(members),
    `Left: the files of ${printable(folder)}. verify and undo need them; remove the folder when nobody does.`,
  ].join('\n');
}

function openTable(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function freezeLines(members: readonly { freeze: EndedFreeze }[]): string[] {
  return members.flatMap(({ freeze }) => {
    const note = freezeNote(freeze).trim();
    return note === '' ? [] : [note];
  });
}

/** What `cleanup` says of a record in a folder. */
export function cleanedFolderSummary(
  folder: string,
  { rollbackId, uploads, files }: CleanedFolder,
  freeze: EndedFreeze,
  isTrial: boolean,
): string {
  return [
    `${rollbackId}: ${isTrial ? 'would abort' : 'aborted'} ${formatCount(uploads.length)} unfinished multipart uploads${freezeNote(freeze)}`,
    ...uploads.map(({ bucket, key }) => `  ${bucket}: ${printable(key)}`),
    `Left: the ${formatCount(files)} files of ${folder}. verify and undo need them; remove the folder when nobody does.`,
    'Left: uploads that no journal of this rollback names. A lifecycle rule with AbortIncompleteMultipartUpload ends those.',
  ].join('\n');
}
