import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import { writeWhole } from '../execute/disk.ts';
import {
  endsClosed,
  foldJournal,
  formatEnd,
  formatIntents,
  formatOutcome,
  newHistory,
} from '../execute/journal.ts';
import { journalFile } from '../execute/journal-file.ts';
import { journalWriter } from '../execute/journal-writer.ts';
import { outcomeText } from '../execute/outcome-file.ts';
import { callPace } from '../execute/paced-calls.ts';
import { openManifest } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import { type ManifestBytes, readSplit, type Split, splitsOf } from '../execute/split.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import type { Progress } from '../progress.ts';
import { addOutcomes, noOutcomes, type OutcomeCounts, RETRIED_OUTCOMES } from '../s3/outcome.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { assertBucketLock } from './bucket-lock.ts';
import { extendRow } from './extend-row.ts';
import { assertFresh, assertMayStart, startHint } from './may-start.ts';
import { RETENTION_NEEDS, type RetentionCalls } from './retention-calls.ts';
import { RETENTION_OUTCOME_SHAPE } from './retention-outcomes.ts';
import type { RetentionManifest } from './retention-plan-file.ts';
import type { RetentionRecord } from './retention-record.ts';
import {
  type RetentionOutcome,
  type RetentionStart,
  readRetentionStart,
  writeRetentionOutcome,
  writeRetentionStart,
} from './run-files.ts';
import type { RetentionRule } from './settings.ts';

export type RetentionRunOptions = {
  record: RetentionRecord;
  calls: RetentionCalls;
  /** whether a person said yes, or the plan needed no review */
  startedBy: RetentionStart['startedBy'];
  progress: Progress;
  pause: Sleep;
  /** Whether to stop: rows under way are finished, the rest stays for the next run. */
  isStopped: () => boolean;
  /** Most requests in flight. */
  concurrency: number;
};

type Run = RetentionRunOptions & { totalRows: number; settledRows: number };

/**
 * Runs an extension from this machine. Whatever stopped an earlier run, this one goes on where that ended; rows that
 * ended `denied` or `failed` are tried again, the others keep their outcome.
 * @throws RunbookError REPORT_ONLY, REVIEW_REQUIRED, RECORD_STALE, OBJECT_LOCK_NOT_ENABLED, RECORD_*,
 *   OUTCOMES_DAMAGED, INTERRUPTED and what src/execute/refusals.ts makes of failed calls
 */
export async function runRetention(options: RetentionRunOptions): Promise<RetentionOutcome> {
  const { record, pause } = options;
  const { plan } = record;
  assertMayStart(plan, record.folder, options.startedBy);
  const calls = pacedRetentionCalls(options.calls, options.concurrency);
  try {
    assertBucketLock(
      plan.settings.bucket,
      await readPatiently(() => calls.readBucketLock(plan.settings.bucket), pause),
    );
    assertFresh(plan, calls.serverTime());
    const start = await noteStart(options, calls);
    const run: Run = {
      ...options,
      calls,
      totalRows: plan.manifests.reduce((total, { rows }) => total + rows, 0),
      settledRows: 0,
    };
    const manifests: RetentionOutcome['manifests'] = [];
    for (const manifest of plan.manifests) manifests.push(await runManifest(run, manifest));
    const outcome: RetentionOutcome = {
      ...start,
      retentionId: plan.retentionId,
      finishedAt: formatInstant(calls.serverTime()),
      rows: manifests.reduce((total, { rows }) => total + rows, 0),
      outcomes: manifests.reduce((total, { outcomes }) => addOutcomes(total, outcomes), noOutcomes()),
      manifests,
    };
    await writeRetentionOutcome(record, outcome);
    return outcome;
  } catch (error) {
    throw refusalOf(error, plan.settings.bucket, RETENTION_NEEDS);
  }
}

async function noteStart({ record, startedBy }: RetentionRunOptions, calls: RetentionCalls) {
  const earlier = await readRetentionStart(record);
  if (earlier !== null) return earlier;
  const start: RetentionStart = {
    schemaVersion: 1,
    planDigest: record.plan.digest,
    executor: 'direct',
    startedBy,
    startedAt: formatInstant(calls.serverTime()),
  };
  await writeRetentionStart(record, start);
  return start;
}

async function runManifest(
  run: Run,
  manifest: RetentionManifest,
): Promise<RetentionOutcome['manifests'][number]> {
  const { record } = run;
  const { name, mode, retainUntil, rows } = manifest;
  const rule = record.plan.settings.rules[manifest.rule - 1];
  if (rule === undefined) throw new TypeError(`the plan has no rule ${manifest.rule}`);
  const bytes = await openManifest(record, manifest);
  const path = `outcomes/${name}.csv`;
  let outcomes: OutcomeCounts = noOutcomes();
  try {
    for (const split of splitsOf(manifest)) {
      outcomes = addOutcomes(outcomes, await runSplit(run, { manifest, rule, bytes, split }));
      run.progress(`Extending retention: ${name}`, (100 * run.settledRows) / run.totalRows);
    }
    const text = outcomeText(
      manifest,
      () => bytes,
      {
        name: (split) => journalBase(record, manifest, split),
        read: (split) => journalFile(journalBase(record, manifest, split)).read(),
        missing: (fact) =>
          new RunbookError('RECORD_NOT_RUN', `The plan has not come to its end: ${fact}`, {
            hint: startHint(record.folder),
          }),
      },
      RETENTION_OUTCOME_SHAPE,
    );
    await writeWhole(join(record.folder, path), text);
  } finally {
    await bytes.close();
  }
  const sha256 = await sha256OfFile(join(record.folder, path));
  return { name, mode, retainUntil, rows, outcomes, path, sha256 };
}

type SplitTask = { manifest: RetentionManifest; rule: RetentionRule; bytes: ManifestBytes; split: Split };

async function runSplit(run: Run, { manifest, rule, bytes, split }: SplitTask): Promise<OutcomeCounts> {
  const { record, calls, pause } = run;
  const rows = await readSplit(bytes, split);
  const base = journalBase(record, manifest, split);
  const journal = journalFile(base);
  const text = await journal.read();
  const histories = foldJournal(base, text);
  const counted = noOutcomes();
  const open = rows.filter((row) => {
    const outcome = histories.get(row.index)?.outcome?.outcome;
    if (outcome === undefined || RETRIED_OUTCOMES.includes(outcome)) return true;
    counted[outcome] += 1;
    return false;
  });
  run.settledRows += rows.length - open.length;
  if (open.length === 0 && (rows.length === 0 || endsClosed(text, rows.length))) return counted;
  const writer = journalWriter(journal);
  const target = new Date(manifest.retainUntil);
  try {
    await forEachConcurrently(open, run.concurrency, async (row) => {
      if (run.isStopped()) return;
      if (row.versionId === null) throw new TypeError('every row of a retention manifest has a version ID');
      const result = await extendRow(
        { ...row, versionId: row.versionId },
        {
          calls,
          rule,
          target,
          pause,
          history: histories.get(row.index) ?? newHistory(),
          announce: () => writer.write(formatIntents([row], calls.serverTime())),
        },
      );
      counted[result.outcome] += 1;
      run.settledRows += 1;
      // An outcome that a kill keeps from the journal is found again by its intent; flush() throws.
      writer.write(formatOutcome(row.index, result)).catch(() => {});
    });
  } finally {
    await writer.flush();
  }
  if (run.isStopped()) {
    throw new RunbookError(
      'INTERRUPTED',
      'The run was interrupted; what was begun is finished and recorded.',
      { hint: `go on with: ${startHint(record.folder)}` },
    );
  }
  await writer.write(formatEnd(rows.length));
  await journal.close();
  return counted;
}

function journalBase({ folder }: RetentionRecord, { name }: RetentionManifest, split: Split): string {
  return join(folder, 'outcomes', 'journal', name, String(split.number).padStart(7, '0'));
}

function pacedRetentionCalls(calls: RetentionCalls, concurrency: number): RetentionCalls {
  const pace = callPace(concurrency);
  return {
    serverTime: calls.serverTime,
    readBucketLock: (bucket) => pace.run(() => calls.readBucketLock(bucket)),
    readCurrentVersionId: (bucket, key) => pace.run(() => calls.readCurrentVersionId(bucket, key)),
    readRetention: (version) => pace.run(() => calls.readRetention(version)),
    readLegalHold: (version) => pace.run(() => calls.readLegalHold(version)),
    putRetention: (version, retention) => pace.run(() => calls.putRetention(version, retention)),
  };
}
