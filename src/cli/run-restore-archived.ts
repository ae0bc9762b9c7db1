import process from 'node:process';
import { openS3Client } from '../aws/client.ts';
import { openRestoreCalls } from '../aws/restore-calls.ts';
import { RunbookError } from '../errors.ts';
import { lookAtArchived, lookAtRecord } from '../execute/archived/look.ts';
import { offerRestore, type RestoreOffer, readArchivedShares } from '../execute/archived/offer.ts';
import { type RestoreState, readRestoreFile } from '../execute/archived/restore-file.ts';
import { runRestore } from '../execute/archived/run-restore.ts';
import { readPatiently, sleep } from '../execute/backoff.ts';
import { objectStore } from '../execute/batch/object-store.ts';
import { readEndedRun } from '../execute/outcome-rows.ts';
import { copySourceOf } from '../execute/record.ts';
import { lockRecord } from '../execute/record-lock.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { builtInPrices, readPriceTable } from '../plan/prices.ts';
import { S3CallError } from '../s3/call-error.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { parseConcurrency } from './concurrency-option.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { EXIT_ROWS_LEFT, EXIT_WAITING } from './exit-status.ts';
import { watchStop } from './interruption.ts';
import { openCalls, openPlanCalls } from './open-calls.ts';
import { type OpenedRecord, openRecord } from './open-record.ts';
import { isSet } from './open-set.ts';
import type { RestoreArchivedOptions } from './restore-archived.ts';
import {
  chooseRestoreWork,
  type OpenedRestoreJobs,
  openRestoreJobs,
  type RestoreWork,
} from './restore-jobs.ts';
import { lookSummary, offerSummary, restoreSummary } from './restore-summary.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const COMMAND = 'restore-archived';

/** The `restore-archived` command. */
export async function runRestoreArchived(options: RestoreArchivedOptions): Promise<void> {
  await assertNoSet(options);
  const days = parseDays(options.days);
  const concurrency = parseConcurrency(options.concurrency);
  const opened = await openRecord(options.record, options);
  try {
    const run = await readEndedRun(opened.record);
    const state = await readRestoreFile(opened.record);
    if (options.look) return await look(opened, run, state, options);
    const work = await chooseRestoreWork(opened, options);
    const offer = await readOffer(opened, run, state, { ...options, days }, work);
    if (options.offer) return tell(options, { offer }, () => offerSummary(offer, options.record));
    const agreed = agreementOf(options, state, offer);
    const terms = { tier: offer.tier, isAgreed: agreed !== null && offer.rows > 0 };
    const jobs = await openRestoreJobs(opened, options, work, state, terms);
    await restore(opened, options, { run, state, agreed, concurrency, jobs });
  } finally {
    await opened.end();
  }
}

/** @throws RunbookError SET_INVALID */
async function assertNoSet({ record }: RestoreArchivedOptions): Promise<void> {
  if (!(await isSet(record))) return;
  throw new RunbookError('SET_INVALID', `${record} is a set; archived versions are restored plan by plan.`, {
    hint: `name the record of one member: a folder of the set, or s3://BUCKET/ROLLBACK-ID/ beside it`,
  });
}

async function readOffer(
  { record }: OpenedRecord,
  run: RunOutcome,
  state: RestoreState | null,
  asked: Omit<RestoreArchivedOptions, 'days'> & { days: number | null },
  { asks, copies }: RestoreWork,
): Promise<RestoreOffer> {
  const tier = asked.tier ?? state?.tier ?? 'Bulk';
  const prices = asked.prices === undefined ? builtInPrices() : await readPriceTable(asked.prices);
  const shares = await readArchivedShares(record, run);
  const known = state?.days ?? null;
  // What was agreed to stands; agreed to anew, it is held against what is left.
  const terms = asked.yes
    ? { tier, days: asked.days ?? known, agreedDays: null, asks, copies }
    : { tier, days: asked.days, agreedDays: known, asks, copies };
  return offerRestore(shares, terms, record.plan.inputs, prices);
}

/** @returns what is agreed to now; null: to go on as was agreed before @throws RunbookError CONFIRMATION_MISSING, RESTORE_TERMS_CHANGED */
function agreementOf(
  options: RestoreArchivedOptions,
  state: RestoreState | null,
  offer: RestoreOffer,
): Pick<RestoreOffer, 'tier' | 'days'> | null {
  const { tier, days, rows } = offer;
  if (options.yes) return { tier, days };
  if (rows === 0 && state === null) return { tier, days };
  if (state === null) {
    if (options.json !== true) writeOut(offerSummary(offer, options.record));
    throw new RunbookError(
      'CONFIRMATION_MISSING',
      `This would restore ${rows} versions from their archives, which costs money, and copy them.`,
      {
        hint: `see cost and waiting time with --offer; to agree: npm run --silent s3-rewind -- ${COMMAND} --record ${shellWord(options.record)} --yes`,
      },
    );
  }
  if (tier === state.tier && days === state.days) return null;
  throw new RunbookError(
    'RESTORE_TERMS_CHANGED',
    `The restores were approved as ${state.tier} for ${state.days} days, not as ${tier} for ${days}.`,
    { hint: 'leave --tier and --days out to go on; or agree to the new terms with --yes' },
  );
}

async function restore(
  { record, remote }: OpenedRecord,
  options: RestoreArchivedOptions,
  work: {
    run: RunOutcome;
    state: RestoreState | null;
    agreed: Pick<RestoreOffer, 'tier' | 'days'> | null;
    concurrency: number | null;
    jobs: OpenedRestoreJobs;
  },
): Promise<void> {
  const unlock = await lockRecord(record.folder);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchStop();
  const source = openS3Client(parseEndpoint(options));
  try {
    const end = await runRestore({
      record,
      earlier: work.run,
      state: work.state,
      agreed: work.agreed === null ? null : { ...work.agreed, approval: work.jobs.approval },
      calls: openPlanCalls(options, copySourceOf(record.plan)),
      restore: openRestoreCalls(source),
      progress: terminal.progress,
      pause: sleep,
      isStopped: stop.isStopped,
      once: options.once ?? false,
      ...(work.concurrency !== null && { concurrency: work.concurrency }),
      ...work.jobs.open(terminal.progress, stop.isStopped),
      ...(remote !== null && { store: objectStore(remote.calls, remote.place, record, sleep) }),
    });
    terminal.finish();
    tell(options, end, () => restoreSummary(end, options.record));
    if (end.status === 'waiting') process.exitCode = EXIT_WAITING;
    else if (!isFulfilled(end.outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
  } finally {
    stop.end();
    terminal.finish();
    source.destroy();
    await unlock();
  }
}

async function look(
  { record }: OpenedRecord,
  run: RunOutcome,
  state: RestoreState | null,
  options: RestoreArchivedOptions,
): Promise<void> {
  const calls = openCalls(options);
  try {
    const found = await lookAtArchived(record, run, calls, (request) => readPatiently(request, sleep)).catch(
      (error: unknown) => {
        if (!(error instanceof S3CallError) || error.failure !== 'denied') throw error;
        return lookAtRecord(run, state, calls.serverTime());
      },
    );
    const answer = { look: found, nextLookAt: state?.nextLookAt ?? null, isAgreed: state !== null };
    tell(options, answer, () => lookSummary(found, options.record));
  } catch (error) {
    throw refusalOf(error, record.plan.inputs.bucket);
  }
}

function tell({ json, record }: RestoreArchivedOptions, answer: object, text: () => string): void {
  if (json) writeJson({ command: COMMAND, record, ...answer });
  else writeOut(text());
}

function parseDays(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new RunbookError('RESTORE_WINDOW_TOO_SHORT', `--days '${text}' is not a whole number of days.`, {
    hint: 'give a whole number, for example --days 7, or leave it out',
  });
}
