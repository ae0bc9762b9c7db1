import { RunbookError } from '../errors.ts';
import { type ApprovalCalls, readAnswer } from './calls.ts';
import { type Account, type Run, runSchema } from './github-answers.ts';
import type { Note } from './request.ts';

/** The only event that names a person who wanted this run: a schedule runs as whoever edited it last. */
const STARTED_BY_HAND = 'workflow_dispatch';

/**
 * Reads the run, and makes sure that a person started it, for the first time.
 * @throws RunbookError APPROVAL_UNREADABLE, APPROVAL_AMBIGUOUS, APPROVAL_RERUN, APPROVAL_STARTER_UNKNOWN
 */
export async function checkRun(
  request: { runId: number; repository: string },
  calls: Pick<ApprovalCalls, 'readRun'>,
  note: Note,
): Promise<Run> {
  const run = await readRun(request.runId, calls);
  if (
    run.id !== request.runId ||
    run.repository.full_name.toLowerCase() !== request.repository.toLowerCase()
  ) {
    throw new RunbookError(
      'APPROVAL_AMBIGUOUS',
      `Asked for run ${request.runId} of ${request.repository}, GitHub answered with run ${run.id} of ${run.repository.full_name}.`,
      { hint: 'start a new run; report it if this repeats' },
    );
  }
  note('Run', `${run.id} of ${run.repository.full_name}, ${run.event}`);
  if (run.run_attempt !== 1) {
    throw new RunbookError('APPROVAL_RERUN', `Run ${run.id} is at attempt ${run.run_attempt}.`, {
      hint: 'do not use "Re-run jobs": in the tab Actions open the workflow and click "Run workflow" for a new run',
    });
  }
  note('Attempt', '1');
  checkStarter(run);
  note(
    'Started by',
    startersOf(run)
      .map(({ login, id }) => `${login} (${id})`)
      .join(', '),
  );
  return run;
}

/** @throws RunbookError APPROVAL_UNREADABLE */
export function readRun(runId: number, calls: Pick<ApprovalCalls, 'readRun'>): Promise<Run> {
  return readAnswer({ what: `Run ${runId}`, permission: 'actions: read' }, runSchema, () =>
    calls.readRun(runId),
  );
}

/** @throws RunbookError APPROVAL_STARTER_UNKNOWN */
export function checkStarter(run: Run): void {
  const bot = startersOf(run).find(isBot);
  if (bot === undefined && run.event === STARTED_BY_HAND) return;
  throw new RunbookError(
    'APPROVAL_STARTER_UNKNOWN',
    bot === undefined
      ? `Run ${run.id} was started by the event ${run.event}, not by hand.`
      : `Run ${run.id} was started by the bot ${bot.login}.`,
    {
      hint: 'in the tab Actions open the workflow and click "Run workflow", as the person who wants the rollback',
    },
  );
}

/** Who started a run: the actor, and who triggered this attempt; one entry where they are the same. */
export function startersOf(run: Run): Account[] {
  return isSameAccount(run.actor, run.triggering_actor) ? [run.actor] : [run.actor, run.triggering_actor];
}

/** Same account by ID or by login: a login can be renamed, and a fail-closed answer is wanted. */
export function isSameAccount(one: Account, other: Account): boolean {
  return one.id === other.id || one.login.toLowerCase() === other.login.toLowerCase();
}

/** Anything but a person: apps, `github-actions[bot]`, mannequins, organisations. */
export function isBot({ type, login }: Account): boolean {
  return type !== 'User' || login.endsWith('[bot]');
}
