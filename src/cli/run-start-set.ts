import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { assertNothingBlocks } from '../execute/preflight.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { isListedOnly } from '../plan/estimate-input.ts';
import { formatCount } from '../review/figures.ts';
import { addOutcomes, isFulfilled, noOutcomes, RETRIED_OUTCOMES } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { readSet, type SetRecord } from '../set/set-record.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { runRecord } from './run-start-jobs.ts';
import { runSummary } from './run-summary.ts';
import { inMember, memberOptions } from './set-member.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { writeJson, writeOut } from './terminal.ts';

type MemberOutcome = { bucket: string; record: string; outcome: RunOutcome };

/**
 * The `start-jobs` command for a set: its members in their order, each like a record of its own. Nothing starts unless
 * every member may. One that fails, or leaves rows `failed` or `denied`, keeps the next from starting: a replica is
 * to follow its source, and what stopped one bucket may stop all. Run again, members that are through repeat nothing.
 */
export async function runStartSet(options: StartJobsOptions, concurrency: number | null): Promise<void> {
  if (options.printPolicies !== undefined) throw notForSets('--print-policies');
  if (options.approval !== undefined) throw notForSets('--approval');
  const record = await readSet(options.record);
  if (options.yes !== true) throw confirmationMissing(record, options.record);
  for (const { member, record: own } of record.members) {
    await inMember(member.bucket, async () => assertNothingBlocks(own.plan));
  }
  const ended: MemberOutcome[] = [];
  for (const { member, record: own } of record.members) {
    const outcome = await inMember(member.bucket, () =>
      runRecord({ record: own, remote: null }, memberOptions(options, member), concurrency),
    ).catch((error) => {
      throw withSetHint(error, options.record);
    });
    ended.push({ bucket: member.bucket, record: own.name, outcome });
    if (RETRIED_OUTCOMES.some((name) => outcome.outcomes[name] > 0)) break;
  }
  tell(record, ended, options);
}

function tell({ set }: SetRecord, ended: readonly MemberOutcome[], options: StartJobsOptions): void {
  const outcomes = ended.reduce((total, { outcome }) => addOutcomes(total, outcome.outcomes), noOutcomes());
  const notStarted = set.members.slice(ended.length).map(({ bucket }) => bucket);
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
    writeOut(setSummary(ended, notStarted, options.record));
  }
  if (!isFulfilled(outcomes) || notStarted.length > 0) process.exitCode = EXIT_ROWS_LEFT;
}

function setSummary(ended: readonly MemberOutcome[], notStarted: readonly string[], folder: string): string {
  const name = shellWord(folder);
  const again = `npm run --silent s3-rewind -- start-jobs --record ${name} --yes`;
  return [
    ...ended.map(({ bucket, record, outcome }) => `${bucket}\n${runSummary(outcome, record)}\n`),
    notStarted.length === 0
      ? `All ${ended.length} members were run. Next: npm run --silent s3-rewind -- verify --record ${name}`
      : `Not started, because rows of ${ended.at(-1)?.bucket} failed or were denied: ${notStarted.join(', ')}. Settle that, then: ${again}`,
  ].join('\n');
}

function confirmationMissing({ set, members }: SetRecord, name: string): RunbookError {
  const rows = members
    .flatMap(({ record }) => record.plan.manifests)
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

function withSetHint(error: unknown, name: string): unknown {
  if (!(error instanceof RunbookError) || error.code !== 'INTERRUPTED') return error;
  return new RunbookError(error.code, error.message, {
    hint: `go on with: npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes`,
    cause: error,
  });
}

function notForSets(option: string): RunbookError {
  return new RunbookError('SET_INVALID', `${option} is not for a set.`, {
    hint: 'name the folder of one member with --record, or leave the option out',
  });
}
