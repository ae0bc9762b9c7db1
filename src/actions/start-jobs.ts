import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Approval } from '../approve/approval-file.ts';
import { type Decision, NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import { isSet } from '../cli/open-set.ts';
import { APPROVAL_FILE, writeApproval } from '../deploy/write-approval.ts';
import { exitCodeOf, RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { writtenBucket } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Approver, Stage } from '../review/stage.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { readProofRequest } from './approval-request.ts';
import { runCommand } from './command.ts';
import type { START_JOBS } from './contract/start-jobs.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { countJobs, progressOfJobs } from './job-counts.ts';
import { type OpenedRollback, openRollback, readLatestJobs } from './open-rollback.ts';
import { commentWhileRunning } from './progress-comments.ts';
import { buildRunResult } from './result.ts';
import { type ActionEnd, type ActionStep, refusedResult } from './run-action.ts';
import {
  type CommentPlace,
  openStageView,
  renderStageComment,
  type StageView,
  tryPostStage,
} from './stage-comment.ts';
import { startSet } from './start-set.ts';
import type { VerifyAnswer } from './verify.ts';

type Inputs = ActionInputs<typeof START_JOBS>;
/** One rollback on its way, and where it is told. */
type Rollback = {
  /** As it was named: a folder, or an address on S3. */
  record: string;
  opened: OpenedRollback;
  plan: RollbackPlan;
  run: WorkflowRun;
  place: CommentPlace | null;
  view: StageView;
};

/** The action `start-jobs`: the proof first, then the run, then the verification; the comment follows. */
export async function startRollback({ inputs, run }: ActionStep<typeof START_JOBS>): Promise<ActionEnd> {
  const record = inputs.text('record') ?? '';
  if (await isSet(record)) {
    const client = openClient(inputs, run);
    return await startSet({ inputs, run, record, client, place: commentPlace(inputs, client) });
  }
  const opened = await openRollback(record, readEndpoint(inputs));
  try {
    return await proveAndRun(inputs, run, record, opened);
  } finally {
    await opened.end();
  }
}

async function proveAndRun(
  inputs: Inputs,
  run: WorkflowRun,
  record: string,
  opened: OpenedRollback,
): Promise<ActionEnd> {
  const { plan } = opened;
  const client = openClient(inputs, run);
  const place = commentPlace(inputs, client);
  const view = await openStageView(record, readEndpoint(inputs));
  const rollback = { record, opened, plan, run, place, view };
  const decision = await proveApproval(
    readProofRequest(inputs, plan, run, new Date()),
    openApprovalAnswers(client),
  );
  if (decision.decision === 'refused') return tellRefusal(rollback, decision);
  const approver = await recordApproval(rollback, decision.approval);
  return runApproved(rollback, approver, inputs);
}

/** Where the comment of the review is; null: in the summary of the run alone. */
function openClient(inputs: Inputs, run: WorkflowRun): GitHubClient {
  const token = inputs.text('github-token') ?? '';
  return openGitHub({ token, repository: run.repository, baseUrl: run.apiUrl });
}

function commentPlace(inputs: Inputs, client: GitHubClient): CommentPlace | null {
  const pullNumber = inputs.number('pull-request');
  const author = inputs.text('comment-author') ?? '';
  return pullNumber === null ? null : { client, pullNumber, author };
}

async function tellRefusal(
  rollback: Rollback,
  { error }: Extract<Decision, { decision: 'refused' }>,
): Promise<ActionEnd> {
  const { code, message, hint } = error;
  const commentUrl = await tell(rollback, { stage: 'refused', run: runOf(rollback), code, message, hint });
  return { result: { ...refusedResult(error, { ...named(rollback), commentUrl }), decision: 'refused' } };
}

/** Writes approval.json, before anything is started. @returns null where approval was switched off */
async function recordApproval({ opened }: Rollback, approval: Approval): Promise<Approver | null> {
  const text = `${JSON.stringify(approval, null, 2)}\n`;
  await writeFile(join(opened.folder, APPROVAL_FILE), text);
  if (opened.remote !== null) {
    const { calls, place } = opened.remote;
    try {
      await writeApproval({ objects: calls, pause: sleep }, place, text);
    } catch (error) {
      throw refusalOf(error, place.bucket);
    }
  }
  if (approval.approver !== null) return { login: approval.approver.login, remark: approval.remark };
  annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
  return null;
}

async function runApproved(
  rollback: Rollback,
  approver: Approver | null,
  inputs: Inputs,
): Promise<ActionEnd> {
  const { record, plan, opened } = rollback;
  const running = (percent: number): Stage => ({
    stage: 'running',
    run: runOf(rollback),
    jobs: progressOfJobs(plan, percent, opened.jobs ?? []),
    approver,
    ...goOnOf(rollback),
  });
  await tryPostStage(rollback.place, plan, running(0), rollback.view);
  const comments = commentWhileRunning((percent) =>
    tryPostStage(rollback.place, plan, running(percent), rollback.view),
  );
  try {
    const started = await runCommand(
      ['start-jobs', `--record=${record}`, '--yes', ...proofOf(rollback, approver), ...inputs.arguments()],
      comments.progress,
    );
    await comments.end();
    const outcome = started.answer as RunOutcome;
    const verified = inputs.isOn('verify') ? await verify(rollback, inputs) : null;
    return tellEnd(rollback, { outcome, verified, approver, answer: started.answer });
  } catch (error) {
    await comments.end();
    if (!(error instanceof RunbookError)) throw error;
    const { code, message, hint } = error;
    const refused = { code, message, hint, run: runOf(rollback) };
    // A session that ends on the way is refused by its code; what was done by then was done.
    const isRefusal = exitCodeOf(error) === 2 && !comments.hasBegun();
    const commentUrl = await tell(
      rollback,
      isRefusal
        ? { stage: 'refused', ...refused }
        : { stage: 'stopped', ...refused, approver, ...goOnOf(rollback) },
    );
    const result = refusedResult(error, { ...named(rollback), commentUrl });
    return { result: isRefusal ? result : { ...result, decision: 'failed' } };
  }
}

/** Jobs of S3 Batch Operations start by the proof alone, which the command looks at once more. */
function proofOf({ opened }: Rollback, approver: Approver | null): string[] {
  if (opened.jobs === null) return [];
  return [`--approval=${approver === null ? 'none' : join(opened.folder, APPROVAL_FILE)}`];
}

async function verify({ record }: Rollback, inputs: Inputs): Promise<VerifyAnswer> {
  // Its own --concurrency is for a listing, which is not asked for here, and nothing is waited for.
  const reach = inputs.arguments().filter((argument) => !/^--(concurrency|poll-seconds)=/.test(argument));
  const { answer } = await runCommand(['verify', `--record=${record}`, ...reach]);
  return answer as VerifyAnswer;
}

async function tellEnd(
  rollback: Rollback,
  end: {
    outcome: RunOutcome;
    verified: VerifyAnswer | null;
    approver: Approver | null;
    answer: Record<string, unknown>;
  },
): Promise<ActionEnd> {
  const { outcome, verified, approver } = end;
  const bucket = writtenBucket(rollback.plan);
  const commentUrl = await tell(rollback, {
    stage: 'done',
    run: runOf(rollback),
    jobs: countJobs(outcome, await readLatestJobs(rollback.opened)),
    approver,
    verified:
      verified === null
        ? null
        : {
            compared: verified.live.compared,
            agrees: verified.live.compared - verified.live.differences,
          },
    undo:
      rollback.opened.remote === null
        ? `gh workflow run undo.yml -f bucket=${bucket} -f run=${rollback.run.runId}`
        : `gh workflow run undo.yml -f bucket=${bucket} -f record=${rollback.record}`,
    ...goOnOf(rollback),
  });
  const found = { action: '', ...named(rollback), commentUrl, command: end.answer };
  const left = {
    message: 'Some rows were left as they are.',
    hint: 'see the comment for how many and why; outcomes/ of the record names each key',
  };
  const isDone = isFulfilled(outcome.outcomes);
  return { result: buildRunResult(found, isDone ? null : left, verified?.agrees ?? null) };
}

/** Says how far it is, in the comment and in the summary of the run. @returns address of the comment */
async function tell(rollback: Rollback, stage: Stage): Promise<string | null> {
  await writeSummary(renderStageComment(rollback.plan, stage, rollback.view));
  return tryPostStage(rollback.place, rollback.plan, stage, rollback.view);
}

/** A record that the runner alone has is lost with it. */
function goOnOf({ opened, plan, record }: Rollback): { goOn?: string } {
  if (opened.remote === null) return {};
  return { goOn: `gh workflow run resume.yml -f bucket=${writtenBucket(plan)} -f record=${record}` };
}

function runOf({ run }: Rollback): { id: number; url: string } {
  return { id: run.runId, url: run.url };
}

function named({ plan }: Rollback) {
  return { rollbackId: plan.rollbackId, planDigest: plan.digest };
}
