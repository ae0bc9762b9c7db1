import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import { formatCsvLine, parseCsvLine } from '../s3/csv.ts';
import { encodeKey, type PlannedRow } from '../s3/manifest.ts';
import { isOutcome } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { writeWhole } from './disk.ts';
import { foldJournal, type RowOutcome } from './journal.ts';
import { journalFile } from './journal-file.ts';
import type { PlanRecord } from './record.ts';
import { type ManifestBytes, readSplit, type Split, splitsOf } from './split.ts';

/** Columns of `outcomes/scenario<N>.csv`: one row a planned row, in the order of the manifest. */
export const OUTCOME_COLUMNS = [
  'bucket',
  'key',
  'version_id',
  'current_version_id',
  'outcome',
  'new_version_id',
  'etag',
  'before',
  'before_size',
  'before_storage_class',
  'detail',
  'before_version_id',
] as const;

/** The first line of a file of outcomes. */
export const OUTCOME_HEADER = formatCsvLine(OUTCOME_COLUMNS);
/** Characters collected before they are written. */
const WRITE_CHARACTERS = 262_144;

/** Where the outcomes of a scenario are, once all rows have one. */
export function outcomePath(scenario: string): string {
  return `outcomes/scenario${scenario}.csv`;
}

/** Where the journal of a split is, without its ending. */
export function journalBase({ folder }: PlanRecord, scenario: string, split: Split): string {
  return join(folder, 'outcomes', 'journal', `scenario${scenario}`, String(split.number).padStart(7, '0'));
}

export function formatOutcomeRow(row: PlannedRow, result: RowOutcome): string {
  const { before } = result;
  return formatCsvLine([
    row.bucket,
    encodeKey(row.key),
    row.versionId,
    row.currentVersionId,
    result.outcome,
    result.newVersionId,
    result.eTag,
    before?.kind ?? null,
    before?.kind === 'version' ? before.size : null,
    before?.kind === 'version' ? before.storageClass : null,
    result.detail,
    before?.kind === 'version' ? (before.versionId ?? null) : null,
  ]);
}

/** @returns the outcome and the key and version as they are spelled, or null where the line is none of ours */
export function parseOutcomeRow(
  line: string,
): { bucket: string; encodedKey: string; versionId: string; result: RowOutcome } | null {
  const fields = parseCsvLine(line);
  if (fields?.length !== OUTCOME_COLUMNS.length) return null;
  const [bucket = '', encodedKey = '', versionId = '', , outcome = ''] = fields;
  const [newVersionId = '', eTag = '', kind = '', size = '', storageClass = '', detail = '', beforeId = ''] =
    fields.slice(5);
  if (!isOutcome(outcome)) return null;
  let before: RowOutcome['before'] = null;
  if (kind === 'version') {
    before = { kind, size: Number(size), storageClass, ...(beforeId !== '' && { versionId: beforeId }) };
  } else if (kind === 'marker' || kind === 'none') before = { kind };
  const result = { outcome, newVersionId: newVersionId || null, eTag: eTag || null, before, detail };
  return { bucket, encodedKey, versionId, result };
}

export function isOutcomeHeader(line: string): boolean {
  return line === OUTCOME_HEADER;
}

/**
 * Writes the outcomes of a scenario from the journals of its splits, whole or not at all.
 * @throws RunbookError RECORD_NOT_RUN where a row has no outcome, OUTCOMES_DAMAGED, DISK_FULL
 */
export async function writeOutcomes(
  record: PlanRecord,
  manifest: PlanManifest,
  bytes: ManifestBytes,
): Promise<void> {
  const text = outcomeText(manifest, () => bytes, {
    name: (split) => journalBase(record, manifest.scenario, split),
    read: (split) => journalFile(journalBase(record, manifest.scenario, split)).read(),
    missing: (fact) => notRun(record, fact),
  });
  await writeWhole(join(record.folder, outcomePath(manifest.scenario)), text);
}

/** Where the outcomes of splits are read from. */
export type JournalSource = {
  /** for messages */
  name(split: Split): string;
  read(split: Split): Promise<string>;
  /** The error for a row without an outcome. */
  missing(fact: string): RunbookError;
  /** How rows ended that no journal knows, row for row of the manifest; left out: each is in a journal. */
  ended?: AsyncIterator<RowOutcome, unknown>;
};

/** What a file of outcomes looks like: that of a rollback, where nothing else is said. */
export type OutcomeShape = { header: string; formatRow(row: PlannedRow, result: RowOutcome): string };

/** The outcomes of a scenario as text in parts, from the journals of its splits, which are read in order. */
export async function* outcomeText(
  manifest: Pick<PlanManifest, 'bytes' | 'rows'>,
  bytesOf: (split: Split) => ManifestBytes,
  journals: JournalSource,
  shape: OutcomeShape = { header: OUTCOME_HEADER, formatRow: formatOutcomeRow },
): AsyncGenerator<string> {
  let text = `${shape.header}\n`;
  for (const split of splitsOf(manifest)) {
    const histories = foldJournal(journals.name(split), await journals.read(split));
    for (const row of await readSplit(bytesOf(split), split)) {
      const before = await journals.ended?.next();
      const outcome = histories.get(row.index)?.outcome ?? (before?.done === false ? before.value : null);
      if (!outcome) throw journals.missing(`row ${row.index} of ${journals.name(split)} has no outcome yet.`);
      text += `${shape.formatRow(row, outcome)}\n`;
    }
    if (text.length >= WRITE_CHARACTERS) {
      yield text;
      text = '';
    }
  }
  yield text;
}

export function notRun({ name }: PlanRecord, fact: string): RunbookError {
  return new RunbookError('RECORD_NOT_RUN', `The plan has not come to its end: ${fact}`, {
    hint: `npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes`,
  });
}
