import { RunbookError } from '../errors.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { openPullRequest } from '../github/pull-request.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage } from '../review/stage.ts';
import type { Executor } from './executor.ts';
import { findReviewers } from './find-reviewers.ts';
import { branchOf, folderOf, readPlanFiles } from './plan-files.ts';
import { postReview, renderStageComment, type StageView, tryPostReview } from './stage-comment.ts';

export type Presentation = {
  pullRequest: { number: number; url: string } | null;
  commit: string | null;
  commentUrl: string | null;
  /** Why there is no pull request although one was wanted. */
  notAllowed: RunbookError | null;
};

/** What is shown: a plan, a set of plans, or the plan of an extension. */
export type Shown = {
  rollbackId: string;
  digest: string;
  title: string;
  /** Whether there is something to start, and nothing stands against it. */
  isStartable: boolean;
  render(stage: Stage): string;
  /** Where it is kept in git. */
  folder: string;
  readFiles(): Promise<Map<string, string>>;
};

/** To whom it is shown. */
export type Audience = {
  run: WorkflowRun;
  wantsPullRequest: boolean;
  /** Who carries the plan out, and so which job comes next. */
  executor: Executor;
  /** Environment of the job that starts the plan, or null. */
  environment: string | null;
  author: string;
  token: string;
};

/** A plan in its folder, as it is shown. */
export function showPlan(folder: string, plan: RollbackPlan, view: StageView, run: WorkflowRun): Shown {
  const { rollbackId, digest } = plan;
  return {
    rollbackId,
    digest,
    title: describePlan(plan),
    folder: folderOf(plan),
    isStartable: isStartable(plan),
    render: (stage) => renderStageComment(plan, stage, view),
    readFiles: () => readPlanFiles(folder, plan, { templates: view, runUrl: run.url }),
  };
}

/** Whether a plan changes something, and no check blocks it. */
export function isStartable({ manifests, checks }: RollbackPlan): boolean {
  return manifests.length > 0 && !checks.some(({ level }) => level === 'blocking');
}

/**
 * Shows a plan to the people who are to approve it: in a pull request with one comment, and in the summary of the run.
 * Where the repository lets Actions open no pull request, the summary alone is left.
 * @param keep puts the record where later jobs find it, once the plan is shown: an upload of large lists takes its time.
 *   Nobody is asked for an approval before. null: it is there
 * @throws RunbookError the codes of callGitHub, save PULL_REQUEST_NOT_ALLOWED; what `keep` throws
 */
export async function present(
  shown: Shown,
  audience: Audience,
  keep: (() => Promise<void>) | null = null,
): Promise<Presentation> {
  const { run } = audience;
  const client = openGitHub({ token: audience.token, repository: run.repository, baseUrl: run.apiUrl });
  const planned: Stage = { stage: 'planned', run: { id: run.runId, url: run.url } };
  const first = keep === null ? await findStage(shown, audience, client) : planned;
  await writeSummary(shown.render(first));
  const presentation = await showInPullRequest(shown, audience, client, first);
  if (keep === null) return presentation;
  const tell = async (stage: Stage) => {
    const body = shown.render(stage);
    await writeSummary(body, true);
    const pullNumber = presentation.pullRequest?.number;
    const place = pullNumber === undefined ? null : { client, pullNumber, author: audience.author };
    await tryPostReview(place, { rollbackId: shown.rollbackId, body, stage });
  };
  try {
    await keep();
  } catch (error) {
    if (error instanceof RunbookError) {
      const { code, message, hint } = error;
      await tell({ ...planned, stage: 'refused', code, message, hint });
    }
    throw error;
  }
  const next = await findStage(shown, audience, client);
  if (next.stage !== 'planned') await tell(next);
  return presentation;
}

async function showInPullRequest(
  shown: Shown,
  audience: Audience,
  client: GitHubClient,
  stage: Stage,
): Promise<Presentation> {
  const nothing = { pullRequest: null, commit: null, commentUrl: null, notAllowed: null };
  if (!audience.wantsPullRequest) return nothing;
  const { rollbackId, title } = shown;
  const files = await shown.readFiles();
  try {
    const { number, url, commit } = await openPullRequest(client, {
      branch: branchOf(rollbackId, audience.run.runId),
      title,
      body: `${title}: the plan is in \`${shown.folder}/\`, the review in the comment below.\n\nMerging starts nothing. It keeps the plan in git.`,
      message: `${title}\n\n${shown.digest}`,
      files,
    });
    const place = { client, pullNumber: number, author: audience.author };
    const body = shown.render(stage);
    const commentUrl = await postReview(place, { rollbackId, body, stage });
    return { ...nothing, pullRequest: { number, url }, commit, commentUrl };
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
  shown: Shown,
  { run, environment, executor }: Audience,
  client: GitHubClient,
): Promise<Stage> {
  const planned: Stage = { stage: 'planned', run: { id: run.runId, url: run.url } };
  if (environment === null || executor === 'batch' || !shown.isStartable) return planned;
  const reviewers = await findReviewers(client, environment);
  return reviewers === null ? planned : { ...planned, stage: 'waiting', jobs: [], environment, reviewers };
}
