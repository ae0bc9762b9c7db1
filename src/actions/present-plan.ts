import { RunbookError } from '../errors.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { openPullRequest } from '../github/pull-request.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage } from '../review/stage.ts';
import type { Executor } from './executor.ts';
import { findReviewers } from './find-reviewers.ts';
import { branchOf, folderOf, readPlanFiles } from './plan-files.ts';
import { postStage, renderStageComment, type StageView } from './stage-comment.ts';

export type Presentation = {
  pullRequest: { number: number; url: string } | null;
  commit: string | null;
  commentUrl: string | null;
  /** Why there is no pull request although one was wanted. */
  notAllowed: RunbookError | null;
};

/** How and to whom a plan is shown. */
export type PresentationRequest = {
  /** The plan folder. */
  folder: string;
  plan: RollbackPlan;
  run: WorkflowRun;
  wantsPullRequest: boolean;
  view: StageView;
  /** Who carries the plan out, and so which job comes next. */
  executor: Executor;
  /** Environment of the job that starts the plan, or null. */
  environment: string | null;
  author: string;
  token: string;
};

/**
 * Shows a plan to the people who are to approve it: in a pull request with one comment, and in the summary of the run.
 * Where the repository lets Actions open no pull request, the summary alone is left.
 * @throws RunbookError the codes of callGitHub, save PULL_REQUEST_NOT_ALLOWED
 */
export async function presentPlan(request: PresentationRequest): Promise<Presentation> {
  const { plan, run, view } = request;
  const client = openGitHub({ token: request.token, repository: run.repository, baseUrl: run.apiUrl });
  const stage = await findStage(request, client);
  await writeSummary(renderStageComment(plan, stage, view));
  const nothing = { pullRequest: null, commit: null, commentUrl: null, notAllowed: null };
  if (!request.wantsPullRequest) return nothing;
  const files = await readPlanFiles(request.folder, plan, { templates: view, runUrl: run.url });
  try {
    const { number, url, commit } = await openPullRequest(client, {
      branch: branchOf(plan.rollbackId, run.runId),
      title: describePlan(plan),
      body: `${describePlan(plan)}: the plan is in \`${folderOf(plan)}/\`, the review in the comment below.\n\nMerging starts nothing. It keeps the plan in git.`,
      message: `${describePlan(plan)}\n\n${plan.digest}`,
      files,
    });
    const place = { client, pullNumber: number, author: request.author };
    return {
      ...nothing,
      pullRequest: { number, url },
      commit,
      commentUrl: await postStage(place, plan, stage, view),
    };
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code !== 'PULL_REQUEST_NOT_ALLOWED') throw error;
    annotate('warning', error.code, `${error.message} Next: ${error.hint}`);
    return { ...nothing, notAllowed: error };
  }
}

function describePlan({ origin, inputs, rollbackId }: RollbackPlan): string {
  return origin === 'undo'
    ? `Undo a rollback of ${inputs.bucket} (${rollbackId})`
    : `Roll ${inputs.bucket} back to ${inputs.timestamp} (${rollbackId})`;
}

/** Where the gated job comes next, the comment names who is asked for an approval. */
async function findStage(
  { plan, run, environment, executor }: PresentationRequest,
  client: GitHubClient,
): Promise<Stage> {
  const planned: Stage = { stage: 'planned', run: { id: run.runId, url: run.url } };
  const isStartable = plan.manifests.length > 0 && !plan.checks.some(({ level }) => level === 'blocking');
  if (environment === null || executor === 'batch' || !isStartable) return planned;
  const reviewers = await findReviewers(client, environment);
  return reviewers === null ? planned : { ...planned, stage: 'waiting', jobs: [], environment, reviewers };
}
