import { type Cleaned, cleanUpAll } from '../cleanup/cleanup.ts';
import type { DroppedPlan } from '../cleanup/plan-databases.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { readSet } from '../set/set-record.ts';
import type { CleanupOptions } from './cleanup.ts';
import { cleanedFolderSetSummary, cleanedSetSummary } from './cleanup-summary.ts';
import { openSet } from './open-set.ts';
import { openCleanupSite } from './run-cleanup.ts';
import { cleanFolder } from './run-folder-cleanup.ts';
import { inMember, memberOptions } from './set-member.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/**
 * The `cleanup` command for a set: each member like a record of its own, the last one first, as an undo goes. The
 * records stay, that of the set too.
 */
export async function runCleanupSet(record: string, options: CleanupOptions): Promise<void> {
  if (parseRecordUrl(record) === null) return await cleanFolders(record, options);
  const { set, members } = await openSet(record, options);
  const dryRun = options.dryRun === true;
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const cleaned: Cleaned[] = [];
  const plans: DroppedPlan[] = [];
  try {
    for (const { member, place } of members.toReversed()) {
      if (place === null) continue;
      const site = openCleanupSite(options, (step, percent) =>
        terminal.progress(`${member.bucket}: ${step}`, percent),
      );
      const found = await inMember(member.bucket, async () => {
        try {
          return await cleanUpAll(site, { record: place }, new Date(), dryRun);
        } catch (error) {
          throw refusalOf(error, place.bucket);
        }
      });
      cleaned.push(...found.cleaned);
      plans.push(...found.plans);
    }
  } finally {
    terminal.finish();
  }
  const { setId, digest: setDigest } = set;
  if (options.json) writeJson({ command: 'cleanup', dryRun, record, setId, setDigest, cleaned, plans });
  else writeOut(cleanedSetSummary(setId, { cleaned, plans }, dryRun));
}

async function cleanFolders(folder: string, options: CleanupOptions): Promise<void> {
  const { set, members } = await readSet(folder);
  const dryRun = options.dryRun === true;
  const found = [];
  for (const { member, record } of members.toReversed()) {
    const own = await inMember(member.bucket, () => cleanFolder(record, memberOptions(options, member)));
    found.push({ bucket: member.bucket, record: record.name, ...own.cleaned, freeze: own.freeze });
  }
  const { setId, digest: setDigest } = set;
  if (options.json)
    writeJson({ command: 'cleanup', dryRun, record: folder, setId, setDigest, members: found });
  else writeOut(cleanedFolderSetSummary(setId, folder, found, dryRun));
}
