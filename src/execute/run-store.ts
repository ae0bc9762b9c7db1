import { join } from 'node:path';
import type { PlanManifest } from '../plan/plan-file.ts';
import type { Scenario } from '../s3/rollback.ts';
import { type RestoreState, writeRestoreFile } from './archived/restore-file.ts';
import type { Journal } from './journal.ts';
import { journalFile } from './journal-file.ts';
import { journalBase, outcomePath, writeOutcomes } from './outcome-file.ts';
import { openManifest, type PlanRecord } from './record.ts';
import { type RunOutcome, type RunStart, readRunStart, writeRunOutcome, writeRunStart } from './run-files.ts';
import type { Split } from './split.ts';

/** What a run may do with the journal of a split while it holds it. */
export type HeldJournal = {
  journal: Journal;
  /** for messages */
  name: string;
  /** Whether the time is up for which the journal is held. */
  isHeldNoMore: () => boolean;
};

/** Where a run keeps what must not be lost with its machine: the record, in a folder or on S3. */
export type RunStore = {
  /** @returns null where the plan has not been started */
  readStart(): Promise<RunStart | null>;
  writeStart(start: RunStart): Promise<void>;
  /** Does some work with the journal of a split, which nobody else holds meanwhile. */
  withJournal<T>(scenario: Scenario, split: Split, work: (held: HeldJournal) => Promise<T>): Promise<T>;
  /** Writes the outcomes of a scenario into the folder of the record, and wherever else they are kept. */
  writeOutcomes(manifest: PlanManifest): Promise<void>;
  writeOutcome(outcome: RunOutcome): Promise<void>;
  /** Writes how far the restores of archived versions are. */
  writeRestore(state: RestoreState): Promise<void>;
};

/** A run whose record is a folder; the folder's lock keeps others out. */
export function folderStore(record: PlanRecord): RunStore {
  return {
    readStart: () => readRunStart(record),
    writeStart: (start) => writeRunStart(record, start),
    withJournal(scenario, split, work) {
      const name = journalBase(record, scenario, split);
      return work({ journal: journalFile(name), name, isHeldNoMore: () => false });
    },
    async writeOutcomes(manifest) {
      const bytes = await openManifest(record, manifest);
      try {
        await writeOutcomes(record, manifest, bytes);
      } finally {
        await bytes.close();
      }
    },
    writeOutcome: (outcome) => writeRunOutcome(record, outcome),
    writeRestore: (state) => writeRestoreFile(record, state),
  };
}

/** The file of a scenario's outcomes in the folder of a record. */
export function outcomeFile({ folder }: PlanRecord, scenario: Scenario): string {
  return join(folder, outcomePath(scenario));
}
