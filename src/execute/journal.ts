import { RunbookError } from '../errors.ts';
import { formatCsvLine, parseCsvLine } from '../s3/csv.ts';
import { isOutcome, type Outcome } from '../s3/outcome.ts';
import { ARCHIVE_KINDS, RESTORE_TIERS, type RestoreRequest } from '../s3/restore.ts';

/**
 * The journal of a split: what was about to be done, and how it ended, one line each.
 *
 * Why a kill at any moment loses nothing and repeats nothing:
 * 1. An `intent` is on disk before the request that it announces is sent. So a row without an intent was never acted
 *    on by us, and a row with an outcome is never acted on again.
 * 2. A row with an intent and no outcome may or may not have been carried out. It is not acted on before a fresh
 *    listing of its key shows which: the marker on top of the expected entry, the copy on top of it, the marker that
 *    is gone. Then it is `done`, with the version ID that undo needs; otherwise the guards decide as for any row.
 * 3. A line that a kill tore in two is the last one and lacks its line break. A torn intent means that its request
 *    was not sent; a torn outcome leaves its intent. Either way rule 2 holds with the line cut off.
 * 4. A row whose outcome was lost ends as it would have ended, so each planned row has exactly one outcome.
 */
export type Journal = {
  /** All that was written so far; empty where there is nothing. */
  read(): Promise<string>;
  /** Durable when it resolves. */
  append(text: string): Promise<void>;
  /** Says that every row has its outcome. */
  close(): Promise<void>;
};

/** Lines that say nothing of a row: the end, and the lease of src/execute/batch/lease.ts. */
const KEPT_APART: ReadonlySet<string> = new Set(['end', 'hold', 'free']);

const ROW_NUMBER = /^\d+$/;

/** How a row ended, with what undo and verify need of it. */
export type RowOutcome = {
  outcome: Outcome;
  /** the marker added, the copy, or the entry that a removal left on top */
  newVersionId: string | null;
  /** ETag of the copy, without quotes */
  eTag: string | null;
  /** the key's current entry before: what a copy hides */
  before: /** `versionId`: only where it is not the one that the plan expected */
    | { kind: 'version'; size: number; storageClass: string; versionId?: string }
    | { kind: 'marker' }
    | { kind: 'none' }
    | null;
  /** why, in one sentence; empty where the outcome says it all */
  detail: string;
};

/** What a journal knows of one row. */
export type RowHistory = {
  /** the store's times of announced requests that may have been carried out */
  intents: Date[];
  upload: { id: string; createdAt: Date } | null;
  /** the last restore of the version to copy that was asked for */
  restore: RestoreRequest | null;
  outcome: RowOutcome | null;
};

export function newHistory(): RowHistory {
  return { intents: [], upload: null, restore: null, outcome: null };
}

/** Says that requests for these rows are about to be sent. */
export function formatIntents(rows: readonly { index: number }[], at: Date): string {
  const time = at.toISOString();
  let lines = '';
  for (const { index } of rows) lines += `intent,${index},${time}\n`;
  return lines;
}

/** Takes the last intent of a row back: S3 refused its request, so nothing was done. */
export function formatVoid(row: number): string {
  return `${formatCsvLine(['void', row])}\n`;
}

/** An upload ID, so that a multipart copy goes on where it stopped; null: it was given up. */
export function formatUpload(row: number, at: Date, uploadId: string | null): string {
  return `${formatCsvLine(['upload', row, at.toISOString(), uploadId])}\n`;
}

/** A restore that S3 took: asking again is allowed, but it is billed again once the restored copy has expired. */
export function formatRestore(row: number, { at, tier, kind }: RestoreRequest): string {
  return `${formatCsvLine(['restore', row, at.toISOString(), tier, kind])}\n`;
}

export function formatOutcome(row: number, result: RowOutcome): string {
  const { outcome, newVersionId, eTag, before, detail } = result;
  const fields = ['outcome', row, outcome, newVersionId, eTag, before?.kind ?? null];
  if (before?.kind !== 'version') return `${formatCsvLine([...fields, null, null, detail])}\n`;
  const { size, storageClass, versionId } = before;
  const more = versionId === undefined ? [] : [versionId];
  return `${formatCsvLine([...fields, size, storageClass, detail, ...more])}\n`;
}

/** The last line of a closed journal: a file that was cut short lacks it. */
export function formatEnd(rows: number): string {
  return `${formatCsvLine(['end', rows])}\n`;
}

/** The part of a journal that was written whole: without the line that a kill tore. */
export function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** Whether a journal ends as a closed one does, for a split of so many rows. */
export function endsClosed(text: string, rows: number): boolean {
  return text.endsWith(`\n${formatEnd(rows)}`) || text === formatEnd(rows);
}

/**
 * Adds a journal up, row by row; later lines win.
 * @param name of the journal, for the message
 * @throws RunbookError OUTCOMES_DAMAGED where a line is not one of a journal
 */
export function foldJournal(name: string, text: string): Map<number, RowHistory> {
  const rows = new Map<number, RowHistory>();
  for (const line of wholeLines(text).split('\n')) {
    if (line === '') continue;
    const fields = parseCsvLine(line) ?? [];
    const [kind = '', rowText = ''] = fields;
    if (KEPT_APART.has(kind)) continue;
    const row = ROW_NUMBER.test(rowText) ? Number(rowText) : -1;
    let history = rows.get(row);
    if (history === undefined) {
      history = newHistory();
      rows.set(row, history);
    }
    if (row < 0 || !applyLine(history, kind, fields)) throw damaged(name, line);
  }
  return rows;
}

/** @returns whether it is a line of a journal */
function applyLine(history: RowHistory, kind: string, fields: readonly string[]): boolean {
  const [, , third = '', fourth = '', fifth = ''] = fields;
  if (kind === 'outcome') {
    if (!isOutcome(third)) return false;
    history.outcome = parseOutcome(third, fields.slice(3));
    return true;
  }
  if (kind === 'void') {
    history.intents.pop();
    return true;
  }
  const at = new Date(third);
  if (Number.isNaN(at.getTime())) return false;
  if (kind === 'intent') history.intents.push(at);
  else if (kind === 'upload') history.upload = fourth === '' ? null : { id: fourth, createdAt: at };
  else if (kind === 'restore') {
    const tier = RESTORE_TIERS.find((known) => known === fourth);
    const archive = ARCHIVE_KINDS.find((known) => known === fifth);
    if (tier === undefined || archive === undefined) return false;
    history.restore = { at, tier, kind: archive };
  } else return false;
  return true;
}

function parseOutcome(outcome: Outcome, fields: readonly string[]): RowOutcome {
  const [newVersionId = '', eTag = '', kind = '', size = '', storageClass = '', detail = ''] = fields;
  const beforeId = fields[6] ?? '';
  let before: RowOutcome['before'] = null;
  if (kind === 'version') {
    before = { kind, size: Number(size), storageClass, ...(beforeId !== '' && { versionId: beforeId }) };
  } else if (kind === 'marker' || kind === 'none') before = { kind };
  return { outcome, newVersionId: newVersionId || null, eTag: eTag || null, before, detail };
}

function damaged(name: string, line: string): RunbookError {
  return new RunbookError(
    'OUTCOMES_DAMAGED',
    `${name} holds a line that is none of ours: ${line.slice(0, 120)}`,
    {
      hint: 'put the file back as it was; or remove it: its rows are then checked against the bucket again, and nothing is done twice',
    },
  );
}
