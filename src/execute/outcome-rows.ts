import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RunbookError } from '../errors.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import { encodeKey, type PlannedRow, parseManifestLine } from '../s3/manifest.ts';
import { shellWord } from '../s3/shell-word.ts';
import type { RowOutcome } from './journal.ts';
import { isOutcomeHeader, notRun, parseOutcomeRow } from './outcome-file.ts';
import type { PlanRecord } from './record.ts';
import { type RunOutcome, readRunOutcome } from './run-files.ts';

/** A planned row and how it ended. */
export type EndedRow = { row: PlannedRow; result: RowOutcome };

/** The rows of one key, in the order of the manifest. */
export type EndedKey = { key: string; rows: EndedRow[] };

/**
 * The entry that the removal of a key's markers brought to the top, or null where that is not known. Markers that went
 * in several rounds name each other: what came to the top at last is none of them.
 */
export function exposedByRemoval({ rows }: EndedKey): string | null {
  const planned = new Set(rows.map(({ row }) => row.versionId));
  const done = rows.filter(({ result }) => result.outcome === 'done');
  return done.map(({ result }) => result.newVersionId).find((id) => id !== null && !planned.has(id)) ?? null;
}

/**
 * Reads how a plan ended, and proves that its files of outcomes are those that were written then.
 * @throws RunbookError RECORD_NOT_RUN, OUTCOMES_DAMAGED
 */
export async function readEndedRun(record: PlanRecord): Promise<RunOutcome> {
  const run = await readRunOutcome(record);
  if (run === null) throw notRun(record, 'there is no outcome.json.');
  for (const { path, sha256 } of run.scenarios) {
    const file = join(record.folder, path);
    let found: string;
    try {
      found = await sha256OfFile(file);
    } catch (cause) {
      throw damaged(record, `${file} cannot be read: ${(cause as Error).message}.`);
    }
    if (found !== sha256) throw damaged(record, `${file} is ${found}; outcome.json names ${sha256}.`);
  }
  for (const { scenario } of record.plan.manifests) {
    if (!run.scenarios.some((ended) => ended.scenario === scenario)) {
      throw damaged(record, `outcome.json lacks scenario ${scenario}.`);
    }
  }
  return run;
}

/**
 * Reads a manifest and its outcomes side by side, row for row.
 * @throws RunbookError OUTCOMES_DAMAGED where they do not agree
 */
export async function* readEndedRows(
  record: PlanRecord,
  manifest: PlanManifest,
  path: string,
): AsyncGenerator<EndedRow> {
  const planned = linesOf(join(record.folder, manifest.path))[Symbol.asyncIterator]();
  const file = join(record.folder, path);
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (line === 1 && isOutcomeHeader(text)) continue;
    const next = await planned.next();
    const row = next.done ? null : parseManifestLine(next.value);
    const ended = parseOutcomeRow(text);
    const isSame =
      row !== null &&
      ended !== null &&
      ended.bucket === row.bucket &&
      ended.encodedKey === encodeKey(row.key) &&
      ended.versionId === (row.versionId ?? '');
    if (!isSame) throw damaged(record, `line ${line} of ${file} is not that of the manifest's row.`);
    yield { row, result: ended.result };
  }
  if (!(await planned.next()).done)
    throw damaged(record, `${file} ends after ${line} lines, before its manifest.`);
}

/** The same rows, those of a key together. */
export async function* readEndedKeys(
  record: PlanRecord,
  manifest: PlanManifest,
  path: string,
): AsyncGenerator<EndedKey> {
  let key: EndedKey | null = null;
  for await (const ended of readEndedRows(record, manifest, path)) {
    if (key !== null && key.key === ended.row.key) {
      key.rows.push(ended);
      continue;
    }
    if (key !== null) yield key;
    key = { key: ended.row.key, rows: [ended] };
  }
  if (key !== null) yield key;
}

function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
}

function damaged({ name }: PlanRecord, fact: string): RunbookError {
  return new RunbookError('OUTCOMES_DAMAGED', fact, {
    hint: `npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes   (writes it again from the journals; rows with an outcome are not touched)`,
  });
}
