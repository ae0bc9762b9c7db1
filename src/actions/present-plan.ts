import { readAnswer } from '../approve/calls.ts';
import { environmentSchema } from '../approve/github-answers.ts';
import { RunbookError } from '../errors.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { openPullRequest } from '../github/pull-request.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage } from '../review/stage.ts';
import { folderOf, readPlanFiles } from './plan-files.ts';
import { postStage, readStageTemplates, renderStageComment } from './stage-comment.ts';

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
  record: string;
  plan: RollbackPlan;
  run: WorkflowRun;
  wantsPullRequest: boolean;
  /** Environment of the job that comes next, or null. */
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
  const { plan, run } = request;
  const templates = await readStageTemplates();
  const client = openGitHub({ token: request.token, repository: run.repository, baseUrl: run.apiUrl });
  const stage = await findStage(request, client);
  await writeSummary(renderStageComment(plan, stage, templates));
  const nothing = { pullRequest: null, commit: null, commentUrl: null, notAllowed: null };
  if (!request.wantsPullRequest) return nothing;
  const files = await readPlanFiles(request.record, plan, { templates, runUrl: run.url });
  try {
    const { number, url, commit } = await openPullRequest(client, {
      branch: `s3-rewind/${plan.rollbackId}-${run.runId}`,
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
      commentUrl: await postStage(place, plan, stage, templates),
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

/** Who is asked for an approval, where the gated job comes next. What cannot be read is told, and changes nothing. */
async function findStage(
  { plan, run, environment }: PresentationRequest,
  client: GitHubClient,
): Promise<Stage> {
  const planned: Stage = { stage: 'planned', run: { id: run.runId, url: run.url } };
  const isStartable = plan.manifests.length > 0 && !plan.checks.some(({ level }) => level === 'blocking');
  if (environment === null || !isStartable) return planned;
  try {
    const { protection_rules: rules } = await readAnswer(
      { what: `Environment ${environment}`, permission: 'actions: read' },
      environmentSchema,
      () => openApprovalAnswers(client).readEnvironment(environment),
    );
    const reviewers = rules.flatMap((rule) =>
      'reviewers' in rule
        ? rule.reviewers.map((one) => (one.type === 'User' ? one.reviewer.login : one.reviewer.slug))
        : [],
    );
    return { ...planned, stage: 'waiting', jobs: [], environment, reviewers };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    annotate('warning', error.code, `${error.message} Next: ${error.hint}`);
    return planned;
  }
}
