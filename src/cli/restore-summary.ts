import Table from 'cli-table3';
import type { RestoreLook } from '../execute/archived/look.ts';
import type { OfferedClass, RestoreOffer } from '../execute/archived/offer.ts';
import type { RestoreEnd } from '../execute/archived/run-restore.ts';
import { formatBytes, formatCount, plainUsd } from '../review/figures.ts';
import { formatDuration } from '../s3/duration.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';
import { runSummary } from './run-summary.ts';

/** What restoring costs and takes, class by class. */
export function offerSummary(offer: RestoreOffer, record: string): string {
  const table = new Table({
    head: ['Class', 'Versions', 'Bytes', `Restore, ${offer.tier}`, 'Ready after'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const share of offer.classes) {
    table.push([
      share.storageClass ?? 'not known',
      formatCount(share.rows),
      formatBytes(share.bytes),
      share.restoreUsd === null ? 'not known' : plainUsd(share.restoreUsd),
      waitText(share),
    ]);
  }
  return [
    `Archived versions to restore: ${formatCount(offer.rows)}`,
    table.toString(),
    `Restored copies stay for ${offer.days} days, ${plainUsd(offer.storageUsd)} in STANDARD; Intelligent-Tiering moves objects back for good.`,
    ...(offer.restoreJobs === 0
      ? []
      : [
          `Asking: ${formatCount(offer.restoreJobs)} jobs of S3 Batch Operations, ${plainUsd(offer.restoreJobsUsd)}, by the job and by the object.`,
        ]),
    `Looking and copying, ${offer.copyWith === 'direct' ? 'from this machine' : 'by the task function'}: ${plainUsd(offer.copyUsd)} and ${formatDuration(offer.copyHours * 3_600)}, and the storage of the copies. Prices: ${printable(offer.prices)}.`,
    `To agree: npm run --silent s3-rewind -- restore-archived --record ${shellWord(record)} --tier ${offer.tier} --days ${offer.days} --yes`,
  ].join('\n');
}

export function lookSummary(look: RestoreLook, record: string): string {
  return [
    ...(look.seen === 'record' ? ['By the record alone, as these versions may not be looked at:'] : []),
    `${formatCount(look.ready)} ${look.seen === 'record' ? 'due for a look' : 'ready to be copied'}, ${formatCount(look.underWay)} being restored, ${formatCount(look.archived)} archived, ${formatCount(look.missing)} gone`,
    `Next: npm run --silent s3-rewind -- restore-archived --record ${shellWord(record)} --once`,
  ].join('\n');
}

/** How far the restores are, over the summary of the run. */
export function restoreSummary(end: RestoreEnd, record: string): string {
  const again = `npm run --silent s3-rewind -- restore-archived --record ${shellWord(record)}`;
  const state = {
    copied: 'Nothing is being restored any more.',
    waiting: `Waiting: ${formatCount(end.waiting)} versions are being restored; look again at ${end.nextLookAt}: ${again} --once`,
    expired: '',
  }[end.status];
  const gone =
    end.expired === 0
      ? []
      : [
          `Expired: the restored copies of ${formatCount(end.expired)} versions have gone before they were copied; to pay for them again: ${again} --yes`,
        ];
  const asked = end.requested === 0 ? [] : [`Restores asked for: ${formatCount(end.requested)}`];
  const lines = [...asked, ...(state === '' ? [] : [state]), ...gone];
  return [...lines, runSummary(end.outcome, record)].join('\n');
}

function waitText({ fromHours, toHours }: OfferedClass): string {
  const last = formatDuration(toHours * 3_600);
  return `${formatDuration(fromHours * 3_600)} to ${last}`;
}
