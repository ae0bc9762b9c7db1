import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PlanManifest } from '../../plan/plan-file.ts';
import { isBatchCopied } from '../../s3/rollback.ts';
import { RESTORE_FILE, writeRestoreFile } from '../archived/restore-file.ts';
import type { Sleep } from '../backoff.ts';
import { writeWhole } from '../disk.ts';
import type { RowOutcome } from '../journal.ts';
import { notRun, outcomePath, outcomeText } from '../outcome-file.ts';
import { readEndedRows } from '../outcome-rows.ts';
import { openManifest, type PlanRecord } from '../record.ts';
import { OUTCOME_FILE, readRunStart, START_FILE, writeRunOutcome, writeRunStart } from '../run-files.ts';
import { outcomeFile, type RunStore } from '../run-store.ts';
import { leaseJournal } from './journal-objects.ts';
import { journalsInOrder } from './journals.ts';
import { LeaseHeldError, LeaseLostError } from './lease.ts';
import { journalPrefix, type RecordPlace } from './record-place.ts';
import { publishFile, type RecordCalls } from './remote-record.ts';

/** How long a split is held: a run that comes after a lost one waits for so long. */
const HOLD_MS = 5 * 60_000;
/** Kept free at its end: a request under way may be silent for a minute. */
const KEPT_MS = 75_000;
const LOOK_AGAIN_MS = 5_000;

/**
 * A run of this machine whose record is on S3. Journals are written there and nowhere else, as the task function does
 * it: a runner that is lost at any moment loses nothing that the next one needs, and two at once cannot act on one
 * split, as each holds a lease on what it works on. Outcomes are put together in the folder and uploaded.
 */
export function objectStore(
  calls: RecordCalls,
  place: RecordPlace,
  record: PlanRecord,
  pause: Sleep,
): RunStore {
  return {
    readStart: () => readRunStart(record),
    async writeStart(start) {
      await writeRunStart(record, start);
      await publishFile(calls, place, record, START_FILE, pause);
    },
    async withJournal(scenario, split, work) {
      const prefix = journalPrefix(place, scenario, split.number);
      for (;;) {
        const heldSince = performance.now();
        try {
          const journal = await leaseJournal(calls, { bucket: place.bucket, prefix }, HOLD_MS, pause);
          try {
            const isHeldNoMore = () => performance.now() - heldSince > HOLD_MS - KEPT_MS;
            return await work({ journal, name: prefix, isHeldNoMore });
          } finally {
            await journal.release();
          }
        } catch (error) {
          // Another run is at the split, has begun it at the same moment, or was lost while it was; its lease ends.
          if (!(error instanceof LeaseHeldError || error instanceof LeaseLostError)) throw error;
          await pause(LOOK_AGAIN_MS);
        }
      }
    },
    async writeOutcomes(manifest) {
      const bytes = await openManifest(record, manifest);
      const path = outcomeFile(record, manifest.scenario);
      const isCopied = isBatchCopied(record.plan.inputs.copyWith, manifest.scenario);
      try {
        const text = outcomeText(manifest, () => bytes, {
          name: ({ number }) => journalPrefix(place, manifest.scenario, number),
          read: journalsInOrder(calls, place, manifest.scenario, pause),
          missing: (fact) => notRun(record, fact),
          ...(isCopied && { ended: resultsOf(record, manifest) }),
        });
        await mkdir(dirname(path), { recursive: true });
        await writeWhole(path, text);
      } finally {
        await bytes.close();
      }
      await publishFile(calls, place, record, outcomePath(manifest.scenario), pause);
    },
    async writeOutcome(outcome) {
      await writeRunOutcome(record, outcome);
      await publishFile(calls, place, record, OUTCOME_FILE, pause);
    },
    async writeRestore(state) {
      await writeRestoreFile(record, state);
      await publishFile(calls, place, record, RESTORE_FILE, pause);
    },
  };
}

/** How the rows of a scenario ended so far: what S3's own job copied is in its outcomes alone, in no journal. */
async function* resultsOf(record: PlanRecord, manifest: PlanManifest): AsyncGenerator<RowOutcome> {
  for await (const { result } of readEndedRows(record, manifest, outcomePath(manifest.scenario)))
    yield result;
}
