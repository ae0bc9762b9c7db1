import { RunbookError } from '../errors.ts';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import type { ReportRow } from '../execute/batch/completion-report.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import type { RowOutcome } from '../execute/journal.ts';
import { S3CallError } from '../s3/call-error.ts';
import { decodeKey, parseManifestLine } from '../s3/manifest.ts';
import { noOutcomes, type OutcomeCounts } from '../s3/outcome.ts';
import { NOT_A_VERSION } from './extend-row.ts';
import type { RetentionCalls } from './retention-calls.ts';
import { RETENTION_OUTCOME_SHAPE, retentionOutcome } from './retention-outcomes.ts';
import type { RetentionManifest } from './retention-plan-file.ts';
import { addRow, isSameSet, noRows, type RowSum } from './row-sum.ts';

/** Failed tasks that are looked at together. */
const LOOKS_PER_PAGE = 1_000;
const LOOKS_AT_A_TIME = 16;
/** Characters collected before they are handed on. */
const WRITE_CHARACTERS = 262_144;

type Look = { calls: Pick<RetentionCalls, 'readRetention'>; pause: Sleep };

/** Adds up the rows of a manifest from its text. @throws RunbookError RECORD_CHANGED */
export async function sumManifest(text: AsyncIterable<Uint8Array>): Promise<RowSum> {
  const total = noRows();
  const add = (line: string) => {
    if (line === '') return;
    const row = parseManifestLine(line);
    if (row?.versionId == null) {
      throw new RunbookError('RECORD_CHANGED', 'The manifest has a line that is no row with a version ID.', {
        hint: 'what was reviewed is what runs, or nothing runs: run extend-retention again',
      });
    }
    addRow(total, row.bucket, line.split(',')[1] ?? '', row.versionId);
  };
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) add(line);
  }
  add(rest);
  return total;
}

/**
 * Turns the completion report of a job into the outcomes of its rows, as text in parts, in the order of the report. A
 * task that failed is looked at: where the version has the date or a later one, nothing was left undone.
 * @param counted is added to
 * @throws RunbookError REPORT_DAMAGED where the report is not of exactly the rows of the manifest; S3CallError
 */
export async function* reconcileJob(
  report: AsyncIterable<ReportRow>,
  manifest: RetentionManifest,
  expected: RowSum,
  look: Look,
  counted: OutcomeCounts = noOutcomes(),
): AsyncGenerator<string> {
  const seen = noRows();
  const target = new Date(manifest.retainUntil);
  const after = { mode: manifest.mode, retainUntil: target };
  let text = `${RETENTION_OUTCOME_SHAPE.header}\n`;
  let failed: ReportRow[] = [];
  const tell = (row: ReportRow, result: RowOutcome) => {
    counted[result.outcome] += 1;
    text += `${formatRow(row, result)}\n`;
  };
  const lookAtFailed = async () => {
    await forEachConcurrently(failed, LOOKS_AT_A_TIME, async (row) =>
      tell(row, await lookAt(row, target, look)),
    );
    failed = [];
  };
  for await (const row of report) {
    addRow(seen, row.bucket, row.key, row.versionId);
    if (row.succeeded) tell(row, retentionOutcome('done', { after }));
    else failed.push(row);
    if (failed.length >= LOOKS_PER_PAGE) await lookAtFailed();
    if (text.length < WRITE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  await lookAtFailed();
  yield text;
  if (isSameSet(seen, expected)) return;
  throw new RunbookError(
    'REPORT_DAMAGED',
    `The report of ${manifest.name} names ${seen.rows} tasks, which are not the ${expected.rows} rows of its manifest.`,
    {
      hint: 'nothing is claimed about these versions: run extend-retention again, which looks at all of them anew',
    },
  );
}

function formatRow({ bucket, key, versionId }: ReportRow, result: RowOutcome): string {
  const planned = { bucket, key: decodeKey(key) ?? key, versionId };
  return RETENTION_OUTCOME_SHAPE.formatRow(
    { ...planned, currentVersionId: versionId, size: null, storageClass: null },
    result,
  );
}

async function lookAt(row: ReportRow, target: Date, { calls, pause }: Look): Promise<RowOutcome> {
  const version = { bucket: row.bucket, key: decodeKey(row.key) ?? row.key, versionId: row.versionId };
  const detail = [...row.codes, row.message].filter((part) => part !== '').join(' ');
  try {
    const before = await readPatiently(() => calls.readRetention(version), pause);
    if (before !== null && before.retainUntil >= target) {
      return retentionOutcome('already', { before, after: before });
    }
    const outcome = /AccessDenied|\b403\b/.test(detail) ? 'denied' : 'failed';
    return retentionOutcome(outcome, { before, after: before, detail });
  } catch (error) {
    if (!(error instanceof S3CallError)) throw error;
    if (error.failure === 'not-found') return retentionOutcome('missing', { detail });
    if (NOT_A_VERSION.includes(error.code)) return retentionOutcome('refused', { detail });
    return retentionOutcome(error.failure === 'denied' ? 'denied' : 'failed', { detail });
  }
}
