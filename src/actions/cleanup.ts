import type { Cleaned } from '../cleanup/cleanup.ts';
import type { DroppedPlan } from '../cleanup/plan-databases.ts';
import { freezeNote } from '../cli/freeze-summary.ts';
import { RunbookError } from '../errors.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { findPullRequests } from '../github/pull-request.ts';
import { changeOwnComments } from '../github/sticky-comment.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import { noteCleanup, type Removal } from '../review/cleanup-note.ts';
import { formatCount } from '../review/figures.ts';
import { runCommand } from './command.ts';
import type { CLEANUP } from './contract/cleanup.ts';
import type { ActionInputs } from './inputs.ts';
import { branchOf } from './plan-files.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

/** What `cleanup --json` answers. */
type CleanupAnswer = {
  cleaned: Cleaned[];
  plans: DroppedPlan[];
  /** of a set, whose members were cleaned up */
  setId?: string;
};

/** The action `cleanup`: removes what rollbacks still have on AWS, and notes it in their comments. */
export async function cleanRollbacks({ inputs, run }: ActionStep<typeof CLEANUP>): Promise<ActionEnd> {
  const isTrial = inputs.isOn('dry-run');
  const { answer } = await runCommand(['cleanup', ...inputs.arguments()]);
  const { cleaned, plans, setId } = answer as CleanupAnswer;
  await writeSummary(describeCleaned(cleaned, plans, isTrial));
  for (const { freeze } of cleaned) {
    if (freeze.outcome === 'left') annotate('warning', 'Still frozen', freezeNote(freeze).trim());
  }
  const removed = isTrial ? [] : cleaned.filter(({ jobs, stack }) => jobs.length > 0 || stack !== null);
  const removals = setId === undefined ? removed.map(removalOf) : [removalOfSet(setId, removed)];
  const commentUrls = removed.length === 0 ? [] : await tryNote(removals, inputs, run);
  const decision =
    cleaned.length + plans.length === 0 ? 'nothing-to-do' : isTrial ? 'would-clean' : 'cleaned';
  const [only, ...others] = cleaned;
  return {
    result: buildResult({
      ...{ action: '', decision, reasonCode: 'OK', command: answer },
      rollbackId: setId ?? (others.length === 0 ? (only?.rollbackId ?? null) : null),
      commentUrl: commentUrls[0] ?? null,
    }),
    outputs: { rollbacks: String(cleaned.length) },
  };
}

function describeCleaned(
  cleaned: readonly Cleaned[],
  plans: readonly DroppedPlan[],
  isTrial: boolean,
): string {
  const heading = `### Cleanup${isTrial ? ', nothing was removed' : ''}\n\n`;
  if (cleaned.length + plans.length === 0) return `${heading}Nothing has expired.\n`;
  const rows = cleaned.map(({ rollbackId, jobs, stack, workObjects, freeze }) => [
    rollbackId,
    formatCount(jobs.length),
    stack ?? 'none',
    formatCount(workObjects),
    freezeNote(freeze).trim(),
  ]);
  const head = ['Rollback', isTrial ? 'Jobs to cancel' : 'Jobs cancelled', 'Stack', 'Work files', 'Freeze'];
  const lost = plans.map(({ database, workObjects }) => [database, formatCount(workObjects)]);
  return [
    heading,
    ...(rows.length === 0 ? [] : [formatTable(head, rows), '\n']),
    ...(lost.length === 0 ? [] : [formatTable(['Database of a lost plan', 'Work files'], lost), '\n']),
    'Every record stays: verification and undo work as before.\n',
  ].join('');
}

function removalOf({ rollbackId, jobs, stack }: Cleaned): Removal {
  return { rollbackId, jobs: jobs.length, stacks: stack === null ? [] : [stack] };
}

/** The members of a set share one comment. */
function removalOfSet(setId: string, removed: readonly Cleaned[]): Removal {
  const own = removed.map(removalOf);
  return {
    rollbackId: setId,
    jobs: own.reduce((total, { jobs }) => total + jobs, 0),
    stacks: own.flatMap(({ stacks }) => stacks),
  };
}

/** What is gone is gone: a comment that cannot be written stops nothing. @returns addresses of the comments */
async function tryNote(
  removed: readonly Removal[],
  inputs: ActionInputs<typeof CLEANUP>,
  run: WorkflowRun,
): Promise<string[]> {
  const token = inputs.text('github-token') ?? '';
  const client = openGitHub({ token, repository: run.repository, baseUrl: run.apiUrl });
  const noted: string[] = [];
  try {
    for (const one of removed)
      noted.push(...(await note(one, client, inputs.text('comment-author') ?? '', run)));
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    annotate(
      'warning',
      error.code,
      `The comments could not be written: ${error.message} Next: ${error.hint}`,
    );
  }
  return noted;
}

/** The same plan may have been made by several runs, each with a pull request of its own. */
async function note(
  removal: Removal,
  client: GitHubClient,
  author: string,
  run: WorkflowRun,
): Promise<string[]> {
  const whole = `What was removed is in the summary of the [run](${run.url}).`;
  const noted: string[] = [];
  for (const pullNumber of await findPullRequests(client, branchOf(removal.rollbackId, ''))) {
    const place = { pullNumber, author, whole };
    noted.push(...(await changeOwnComments(client, place, (body) => noteCleanup(body, removal, run.url))));
  }
  return noted;
}
