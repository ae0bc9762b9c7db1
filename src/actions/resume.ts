import { checkShownPlan } from '../approve/shown-plan.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently, sleep } from '../execute/backoff.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { RecordCalls } from '../execute/batch/remote-record.ts';
import { assertNothingBlocks } from '../execute/preflight.ts';
import { refusalOf } from '../execute/refusals.ts';
import { OUTCOME_FILE, parseRunOutcome, type RunOutcome } from '../execute/run-files.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { findPullRequests } from '../github/pull-request.ts';
import { writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage, StageJob } from '../review/stage.ts';
import { S3CallError } from '../s3/call-error.ts';
import { isFulfilled } from '../s3/outcome.ts';
import type { RESUME } from './contract/resume.ts';
import { findReviewers } from './find-reviewers.ts';
import { readEndpoint } from './inputs.ts';
import { countJobs } from './job-counts.ts';
import { branchOf } from './plan-files.ts';
import { readPlanOf } from './record-plan.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
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
  const plan = await readPlanOf(record, endpoint);
  const { rollbackId, digest: planDigest } = plan;
  assertNothingBlocks(plan);
  const left = await readLeft(openRecordCalls(endpoint), place, plan);
  const found = { action: '', reasonCode: 'OK' as const, rollbackId, planDigest };
  if (left === null) return { result: buildResult({ ...found, decision: 'nothing-to-do' }) };

  const author = inputs.text('comment-author') ?? '';
  const client = openGitHub({
    token: inputs.text('github-token') ?? '',
    repository: run.repository,
    baseUrl: run.apiUrl,
  });
  const pullNumber = await findShownPlan(client, plan, author);
  const environment = inputs.text('environment') ?? '';
  const stage: Stage = {
    stage: 'resuming',
    run: { id: run.runId, url: run.url },
    jobs: left,
    environment,
    reviewers: await findReviewers(client, environment),
  };
  const body = renderStageComment(plan, stage, await openStageView(record, endpoint));
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
    const outcome = await readOutcome(calls, place, plan);
    if (plan.manifests.length === 0 || (outcome !== null && isFulfilled(outcome.outcomes))) return null;
    const deployed = await readJobs({ objects: calls, pause: sleep }, place, plan);
    return outcome === null ? [] : countJobs(outcome, deployed?.jobs ?? []);
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

async function readOutcome(
  calls: RecordCalls,
  { bucket, prefix }: RecordPlace,
  plan: RollbackPlan,
): Promise<RunOutcome | null> {
  try {
    const object = { bucket, key: `${prefix}${OUTCOME_FILE}` };
    const { bytes } = await readPatiently(() => calls.readObject(object), sleep);
    return parseRunOutcome(plan, bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
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
  { rollbackId, digest }: RollbackPlan,
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
