import { checkShownPlan } from '../approve/shown-plan.ts';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { openSet } from '../cli/open-set.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { readOutcome } from '../deploy/write-run.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { RecordCalls } from '../execute/batch/remote-record.ts';
import { assertNothingBlocks } from '../execute/preflight.ts';
import { refusalOf } from '../execute/refusals.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { findPullRequests } from '../github/pull-request.ts';
import { writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage, StageJob } from '../review/stage.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { isSetPlace } from '../set/remote-set.ts';
import type { RESUME } from './contract/resume.ts';
import { findReviewers } from './find-reviewers.ts';
import { readEndpoint } from './inputs.ts';
import { countJobs, ofBucket } from './job-counts.ts';
import { branchOf } from './plan-files.ts';
import { readPlanOf } from './record-plan.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { openSetView } from './set-view.ts';
import { openStageView, postReview, renderStageComment } from './stage-comment.ts';

/**
 * The action `resume`: shows a plan that was shown before once more, as a page of this run, because an approval counts
 * for the run that showed the plan. The comment is written over only where it shows this very plan.
 */
export async function resumeRollback({ inputs, run }: ActionStep<typeof RESUME>): Promise<ActionEnd> {
  const record = inputs.text('record') ?? '';
  const endpoint = readEndpoint(inputs);
  const place = parseRecordUrl(record);
  if (place === null) throw notOnS3(record);
  const shown = isSetPlace(place)
    ? await readSetAgain(record, endpoint)
    : await readPlanAgain(record, place, endpoint);
  const { rollbackId, planDigest, left } = shown;
  const found = { action: '', reasonCode: 'OK' as const, rollbackId, planDigest };
  if (left === null) return { result: buildResult({ ...found, decision: 'nothing-to-do' }) };

  const author = inputs.text('comment-author') ?? '';
  const client = openGitHub({
    token: inputs.text('github-token') ?? '',
    repository: run.repository,
    baseUrl: run.apiUrl,
  });
  const pullNumber = await findShownPlan(client, { rollbackId, digest: planDigest }, author);
  const environment = inputs.text('environment') ?? '';
  const stage: Stage = {
    stage: 'resuming',
    run: { id: run.runId, url: run.url },
    jobs: left,
    environment,
    reviewers: await findReviewers(client, environment),
  };
  const body = shown.render(stage);
  await writeSummary(body);
  const commentUrl =
    pullNumber === null
      ? null
      : await postReview({ client, pullNumber, author }, { rollbackId, body, stage });
  return {
    result: buildResult({ ...found, decision: 'planned', commentUrl }),
    outputs: { 'pull-request': String(pullNumber ?? '') },
  };
}

/** What is shown once more. */
type ShownAgain = {
  rollbackId: string;
  planDigest: string;
  /** what an earlier run came to; null where there is nothing to go on with */
  left: StageJob[] | null;
  render(stage: Stage): string;
};

async function readPlanAgain(
  record: string,
  place: RecordPlace,
  endpoint: EndpointOptions,
): Promise<ShownAgain> {
  const plan = await readPlanOf(record, endpoint);
  assertNothingBlocks(plan);
  const view = await openStageView(record, endpoint);
  return {
    ...{ rollbackId: plan.rollbackId, planDigest: plan.digest },
    left: await readLeft(openRecordCalls(endpoint), place, plan),
    render: (stage) => renderStageComment(plan, stage, view),
  };
}

/** A set goes on where any of its members does; what the others came to is shown beside it. */
async function readSetAgain(record: string, endpoint: EndpointOptions): Promise<ShownAgain> {
  const { set, members } = await openSet(record, endpoint);
  const plans = members.map(({ plan }) => plan);
  for (const plan of plans) assertNothingBlocks(plan);
  const left: StageJob[] = [];
  let goesOn = false;
  for (const { plan, place } of members) {
    if (place === null) continue;
    const own = await readLeft(openRecordCalls(endpoint), place, plan);
    if (own !== null) goesOn = true;
    left.push(...ofBucket(plan.inputs.bucket, own ?? []));
  }
  return {
    ...{ rollbackId: set.setId, planDigest: set.digest },
    left: goesOn ? left : null,
    render: await openSetView({ set, plans }, record, endpoint),
  };
}

/**
 * What an earlier run came to, scenario by scenario; empty where none came to its end.
 * @returns null where there is nothing to go on with
 */
async function readLeft(
  calls: RecordCalls,
  place: RecordPlace,
  plan: RollbackPlan,
): Promise<StageJob[] | null> {
  try {
    const outcome = await readOutcome({ objects: calls, pause: sleep }, place, plan);
    if (plan.manifests.length === 0 || (outcome !== null && isFulfilled(outcome.outcomes))) return null;
    const deployed = await readJobs({ objects: calls, pause: sleep }, place, plan);
    return outcome === null ? [] : countJobs(outcome, deployed?.jobs ?? []);
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

/**
 * The pull request whose comment showed this plan. A comment of another digest is a refusal: the record was changed.
 * @returns its number, of the newest where several runs made the same plan; null where there is no pull request
 * @throws RunbookError APPROVAL_COMMENT_MISSING, APPROVAL_COMMENT_REPEATED, APPROVAL_DIGEST_CHANGED,
 *   APPROVAL_UNREADABLE, and the codes of callGitHub
 */
async function findShownPlan(
  client: GitHubClient,
  { rollbackId, digest }: Pick<RollbackPlan, 'rollbackId' | 'digest'>,
  author: string,
): Promise<number | null> {
  const [pullNumber] = await findPullRequests(client, branchOf(rollbackId, ''));
  if (pullNumber === undefined) return null;
  const shown = { where: 'comment' as const, pullNumber, author };
  await checkShownPlan({ shown, rollbackId, digest }, openApprovalAnswers(client), () => {});
  return pullNumber;
}

function notOnS3(record: string): RunbookError {
  return new RunbookError('INVALID_OPTION', `The record '${record}' is not on S3.`, {
    hint: 'give s3://BUCKET/ROLLBACK-ID/; where the record was on the runner alone, plan again: what was done is then found done',
  });
}
