import process from 'node:process';
import { endApproval } from '../deploy/start.ts';
import { writeApproval } from '../deploy/write-approval.ts';
import { readOutcome } from '../deploy/write-run.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { assertNothingBlocks } from '../execute/preflight.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { isListedOnly } from '../plan/estimate-input.ts';
import { formatCount } from '../review/figures.ts';
import { addOutcomes, isFulfilled, noOutcomes, RETRIED_OUTCOMES } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { waitsFor } from '../set/set-order.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openRecordCalls } from './open-record.ts';
import { type OpenedMember, type OpenedSet, openSet } from './open-set.ts';
import { runRecord } from './run-start-jobs.ts';
import {
  type GivenApproval,
  isDeployed,
  openStartSite,
  readApproval,
  runApprovedJobs,
} from './run-start-on-aws.ts';
import { inMember, memberOptions } from './set-member.ts';
import { type MemberOutcome, startSetSummary } from './set-run-summary.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { asPart, writeJson, writeOut } from './terminal.ts';

/**
 * The `start-jobs` command for a set: its members in their order, each like a record of its own. Nothing starts unless
 * every member may. One that leaves rows `failed` or `denied` keeps those that follow from it from starting; an error
 * ends the run. Run again, members that are through repeat nothing.
 */
export async function runStartSet(options: StartJobsOptions, concurrency: number | null): Promise<void> {
  if (options.printPolicies !== undefined) throw notForSets('--print-policies');
  const opened = await openSet(options.record, options);
  const { set, members } = opened;
  const start = await chooseStart(opened, options, concurrency);
  for (const { member, plan } of members) {
    await inMember(member.bucket, async () => assertNothingBlocks(plan));
  }
  await start.begin();
  const ended: MemberOutcome[] = [];
  const held: string[] = [];
  for (const own of members) {
    const { bucket } = own.member;
    if (waitsFor(set, bucket, held) !== null) {
      held.push(bucket);
      continue;
    }
    const outcome = await asPart(shareOf(own, members), () => inMember(bucket, () => start.run(own))).catch(
      (error) => {
        throw withSetHint(error, options.record, start.again);
      },
    );
    ended.push({ bucket, record: own.record, outcome });
    if (isToRetry(outcome)) held.push(bucket);
  }
  tell(opened, ended, options, start.again);
}

/** Who carries the members out, and by what right. */
type Start = {
  /** before the first member */
  begin(): Promise<void>;
  run(member: OpenedMember): Promise<RunOutcome>;
  /** what the command ends with, to go on */
  again: string;
};

/** S3 Batch Operations where `deploy` has made the jobs of every member, this machine where of none. */
async function chooseStart(
  opened: OpenedSet,
  options: StartJobsOptions,
  concurrency: number | null,
): Promise<Start> {
  const { place } = opened;
  if (place !== null && (await areDeployed(opened, options))) {
    const { setId: rollbackId, digest } = opened.set;
    const approval = await readApproval(options, { rollbackId, digest });
    return {
      begin: async () => {
        const { text } = approval;
        if (text === null) return;
        await refused(place.bucket, () =>
          writeApproval({ objects: openRecordCalls(options), pause: sleep }, place, text),
        );
      },
      run: (own) => runOnAws(own, options, approval, concurrency),
      again: options.approval === 'none' ? '--approval none --yes' : '--approval approval.json',
    };
  }
  if (options.approval !== undefined) {
    if (place === null) throw notForSets('--approval with a folder');
    throw notDeployed(`${options.record} is not deployed: no member has jobs.`, options.record);
  }
  if (options.yes !== true) throw confirmationMissing(opened, options.record);
  return { begin: async () => {}, run: (own) => runHere(own, options, concurrency), again: '--yes' };
}

/** @throws RunbookError NOT_DEPLOYED where some members have jobs and others, with something to do, have none */
async function areDeployed({ members }: OpenedSet, options: StartJobsOptions): Promise<boolean> {
  const missing: string[] = [];
  let deployed = 0;
  for (const { member, plan, place } of members) {
    if (place === null || plan.manifests.length === 0) continue;
    if (await isDeployed(options, place)) deployed += 1;
    else missing.push(member.bucket);
  }
  if (deployed === 0) return false;
  if (missing.length === 0) return true;
  const which = `${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} no jobs`;
  throw notDeployed(`The deployment of ${options.record} has not come to its end: ${which}.`, options.record);
}

function notDeployed(fact: string, name: string): RunbookError {
  return new RunbookError('NOT_DEPLOYED', fact, {
    hint: `go on with: npm run --silent s3-rewind -- deploy --record ${shellWord(name)} --boundary-arn … --service-role-arn …`,
  });
}

async function runHere(
  own: OpenedMember,
  options: StartJobsOptions,
  concurrency: number | null,
): Promise<RunOutcome> {
  const opened = await own.open();
  try {
    return await runRecord(opened, memberOptions(options, own.member), concurrency);
  } finally {
    await opened.end();
  }
}

async function runOnAws(
  own: OpenedMember,
  options: StartJobsOptions,
  approval: GivenApproval,
  concurrency: number | null,
): Promise<RunOutcome> {
  const { plan, place } = own;
  // It has no jobs, as it has nothing to do; its record is to say so.
  if (place === null || plan.manifests.length === 0) return await runHere(own, options, concurrency);
  return await refused(place.bucket, async () => {
    const site = await openStartSite(options, place, plan, () => {});
    const before = await readOutcome(site, place, plan);
    if (before === null || isToRetry(before)) return await runApprovedJobs(options, place, plan, approval);
    await endApproval(site, place, plan);
    return before;
  });
}

async function refused<T>(bucket: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error, bucket);
  }
}

function isToRetry({ outcomes }: RunOutcome): boolean {
  return RETRIED_OUTCOMES.some((name) => outcomes[name] > 0);
}

/** Which part of the whole a member is, by its rows. */
function shareOf(own: OpenedMember, members: readonly OpenedMember[]) {
  const rowsOf = (some: readonly OpenedMember[]) =>
    some.flatMap(({ plan }) => plan.manifests).reduce((total, { rows }) => total + rows, 0);
  const whole = Math.max(1, rowsOf(members));
  const before = rowsOf(members.slice(0, members.indexOf(own)));
  const [from, to] = [(100 * before) / whole, (100 * (before + rowsOf([own]))) / whole];
  return { name: own.member.bucket, from, to };
}

function tell(
  { set }: OpenedSet,
  ended: readonly MemberOutcome[],
  options: StartJobsOptions,
  again: string,
): void {
  const outcomes = ended.reduce((total, { outcome }) => addOutcomes(total, outcome.outcomes), noOutcomes());
  const notStarted = set.members
    .map(({ bucket }) => bucket)
    .filter((bucket) => !ended.some((one) => one.bucket === bucket));
  if (options.json) {
    const { setId, digest: setDigest } = set;
    const members = ended.map(({ bucket, record, outcome }) => ({ bucket, record, ...outcome }));
    writeJson({
      command: 'start-jobs',
      record: options.record,
      setId,
      setDigest,
      outcomes,
      notStarted,
      members,
    });
  } else {
    writeOut(startSetSummary(set, ended, options.record, again));
  }
  if (!isFulfilled(outcomes) || notStarted.length > 0) process.exitCode = EXIT_ROWS_LEFT;
}

function confirmationMissing({ set, members }: OpenedSet, name: string): RunbookError {
  const rows = members
    .flatMap(({ plan }) => plan.manifests)
    .filter(({ scenario }) => !isListedOnly(scenario))
    .reduce((total, manifest) => total + manifest.rows, 0);
  const buckets = set.members.map(({ bucket }) => bucket).join(', ');
  return new RunbookError(
    'CONFIRMATION_MISSING',
    `This would carry out ${formatCount(rows)} planned row${rows === 1 ? '' : 's'} in ${set.members.length} buckets: ${buckets} (${set.setId}, ${set.digest}).`,
    {
      hint: `read ${name.replace(/\/$/, '')}/comment.md; if it describes what you want: npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes`,
    },
  );
}

/** To go on is to go on with the set, whose approval covers the member. */
function withSetHint(error: unknown, name: string, again: string): unknown {
  if (!(error instanceof RunbookError)) return error;
  const { code, message, hint } = error;
  const next = `npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} ${again}`;
  if (code !== 'INTERRUPTED' && code !== 'JOB_FAILED') return error;
  return new RunbookError(code, message, {
    hint:
      code === 'INTERRUPTED'
        ? `go on with: ${next}`
        : `${hint.replace(/; then run .*$/s, '')}; then: ${next}`,
    cause: error,
  });
}

function notForSets(option: string): RunbookError {
  return new RunbookError('SET_INVALID', `${option} is not for a set.`, {
    hint: 'name the record of one member with --record, or leave the option out',
  });
}
