import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isRestorable } from '../execute/archived/restorable.ts';
import { RESTORED_CLASSES, type RestoredClass } from '../execute/archived/restore-file.ts';
import { onDisk } from '../execute/disk.ts';
import { readEndedRows } from '../execute/outcome-rows.ts';
import type { PlanRecord } from '../execute/record.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { formatManifestLine } from '../s3/manifest.ts';
import type { Scenario } from '../s3/rollback.ts';

/** The archived rows of one class, in a file of the record's folder. */
export type RestoreList = {
  scenario: Scenario;
  storageClass: RestoredClass;
  attempt: number;
  /** in the record */
  path: string;
  rows: number;
};

const WRITE_CHARACTERS = 262_144;

/**
 * Writes the rows of scenarios 3a and 5a that ended as archived, a file for each storage class, in the order of the
 * manifest. Others are left to the passes: their class does not tell whether they are in an archive.
 * @throws RunbookError OUTCOMES_DAMAGED, DISK_FULL
 */
export async function writeRestoreLists(
  record: PlanRecord,
  run: RunOutcome,
  attempt: number,
): Promise<RestoreList[]> {
  const lists = new Map<string, RestoreList & { file: FileHandle; waiting: string }>();
  const flush = async (list: { path: string; file: FileHandle; waiting: string }) => {
    const text = list.waiting;
    list.waiting = '';
    await onDisk(list.path, () => list.file.appendFile(text));
  };
  try {
    for (const manifest of record.plan.manifests) {
      const { scenario, operation } = manifest;
      const ended = run.scenarios.find((one) => one.scenario === scenario);
      if (operation !== 'copy-after-restore' || ended === undefined || !isRestorable(ended)) continue;
      for await (const { row, result } of readEndedRows(record, manifest, ended.path)) {
        const storageClass = RESTORED_CLASSES.find((one) => one === row.storageClass);
        if (result.outcome !== 'archived' || storageClass === undefined) continue;
        let list = lists.get(storageClass);
        if (list === undefined) {
          const path = `jobs/restore-${storageClass}-${attempt}.csv`;
          const file = await openList(join(record.folder, path));
          list = { scenario, storageClass, attempt, path, rows: 0, file, waiting: '' };
          lists.set(storageClass, list);
        }
        list.rows += 1;
        list.waiting += `${formatManifestLine(row)}\n`;
        if (list.waiting.length >= WRITE_CHARACTERS) await flush(list);
      }
    }
    for (const list of lists.values()) await flush(list);
  } finally {
    for (const { file } of lists.values()) await file.close();
  }
  return [...lists.values()].map(({ file: _file, waiting: _waiting, ...list }) => list);
}

async function openList(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return await onDisk(path, () => open(path, 'w'));
}
