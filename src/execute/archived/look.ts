import { forEachConcurrently } from '../concurrently.ts';
import { type EndedRow, readEndedRows } from '../outcome-rows.ts';
import type { PlanRecord } from '../record.ts';
import type { RunOutcome } from '../run-files.ts';
import type { S3Calls } from '../s3-calls.ts';
import { countRestorable, isRestorable } from './restorable.ts';
import type { RestoreState } from './restore-file.ts';

/** How the archived versions of a run stand, by a HEAD each. */
export type RestoreLook = {
  /** versions that could be copied now */
  ready: number;
  underWay: number;
  /** versions that nobody has asked for, or whose restored copy has expired */
  archived: number;
  /** versions that are gone */
  missing: number;
  /** whether it was looked at each version, or only at the record: then `ready` are those that are due for a look */
  seen: 'versions' | 'record';
};

const LOOKS_IN_FLIGHT = 32;
const ROWS_AT_A_TIME = 1_000;

/**
 * Looks at every archived version of a run, and changes nothing, neither in the bucket nor in the record.
 * @throws RunbookError OUTCOMES_DAMAGED; S3CallError
 */
export async function lookAtArchived(
  record: PlanRecord,
  run: RunOutcome,
  calls: Pick<S3Calls, 'headObject'>,
  read: <T>(request: () => Promise<T>) => Promise<T>,
): Promise<RestoreLook> {
  const look: RestoreLook = { ready: 0, underWay: 0, archived: 0, missing: 0, seen: 'versions' };
  let rows: EndedRow[] = [];
  const lookAtRows = async () => {
    await forEachConcurrently(rows, LOOKS_IN_FLIGHT, async ({ row: { bucket, key, versionId } }) => {
      const head = await read(() => calls.headObject({ bucket, key, versionId: versionId ?? '' }));
      if (head.kind !== 'version') look.missing += 1;
      else if (head.isReadable) look.ready += 1;
      else if (head.isRestoring) look.underWay += 1;
      else look.archived += 1;
    });
    rows = [];
  };
  for (const manifest of record.plan.manifests) {
    const ended = run.scenarios.find(({ scenario }) => scenario === manifest.scenario);
    if (ended === undefined || !isRestorable(ended)) continue;
    for await (const row of readEndedRows(record, manifest, ended.path)) {
      if (row.result.outcome !== 'archived') continue;
      rows.push(row);
      if (rows.length === ROWS_AT_A_TIME) await lookAtRows();
    }
  }
  await lookAtRows();
  return look;
}

/**
 * How the archived versions of a run should stand, by what its record says alone: for whoever may not look at versions.
 * @param now the store's time
 */
export function lookAtRecord(run: RunOutcome, state: RestoreState | null, now: Date): RestoreLook {
  const archived = countRestorable(run);
  const nothing = { ready: 0, underWay: 0, archived: 0, missing: 0, seen: 'record' } as const;
  if (state === null) return { ...nothing, archived };
  const expired = Math.min(archived, state.expired);
  const waiting = archived - expired;
  const isDue = state.nextLookAt !== null && new Date(state.nextLookAt) <= now;
  return { ...nothing, archived: expired, ...(isDue ? { ready: waiting } : { underWay: waiting }) };
}
