import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import { exitCodeOf, RunbookError } from '../errors.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { Stage, StageJob } from '../review/stage.ts';
import { isFulfilled, type OutcomeCounts } from '../s3/outcome.ts';
import { SCENARIOS } from '../s3/rollback.ts';
import { readSet } from '../set/set-record.ts';
import { readProofRequest } from './approval-request.ts';
import { runCommand } from './command.ts';
import type { START_JOBS } from './contract/start-jobs.ts';
import type { ActionInputs } from './inputs.ts';
import { countJobs } from './job-counts.ts';
import { openSetView } from './present-set.ts';
import { buildRunResult } from './result.ts';
import { type ActionEnd, refusedResult } from './run-action.ts';
import { type CommentPlace, tryPostReview } from './stage-comment.ts';
import type { VerifyAnswer } from './verify.ts';

type SetRun = { outcomes: OutcomeCounts; notStarted: string[]; members: RunOutcome[] };
type SetVerification = { agrees: boolean; members: VerifyAnswer[] };

/** The action `start-jobs` for a set: one proof for the digest of the set, then its members in their order. */
export async function startSet({
  inputs,
  run,
  folder,
  client,
  place,
}: {
  inputs: ActionInputs<typeof START_JOBS>;
  run: WorkflowRun;
  folder: string;
  client: GitHubClient;
  place: CommentPlace | null;
}): Promise<ActionEnd> {
  const record = await readSet(folder);
  const { setId: rollbackId, digest } = record.set;
  const render = await openSetView(record);
  const at = { id: run.runId, url: run.url };
  const tell = async (stage: Stage): Promise<string | null> => {
    const body = render(stage);
    await writeSummary(body);
    return await tryPostReview(place, { rollbackId, body, stage });
  };
  const named = { rollbackId, planDigest: digest };
  const request = readProofRequest(inputs, { rollbackId, digest }, run, new Date(), 'set.json');
  const decision = await proveApproval(request, openApprovalAnswers(client));
  if (decision.decision === 'refused') {
    const { code, message, hint } = decision.error;
    const commentUrl = await tell({ stage: 'refused', run: at, code, message, hint });
    return { result: { ...refusedResult(decision.error, { ...named, commentUrl }), decision: 'refused' } };
  }
  const { approval } = decision;
  await writeFile(join(folder, 'approval.json'), `${JSON.stringify(approval, null, 2)}\n`);
  if (approval.approver === null) annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
  const approver =
    approval.approver === null ? null : { login: approval.approver.login, remark: approval.remark };
  await tell({ stage: 'running', run: at, jobs: [], approver });
  try {
    const own = inputs.arguments().filter((argument) => !argument.startsWith('--poll-seconds='));
    const { answer } = await runCommand(['start-jobs', `--record=${folder}`, '--yes', ...own]);
    const ended = answer as SetRun;
    const isDone = isFulfilled(ended.outcomes) && ended.notStarted.length === 0;
    // A member that was not started has no outcome to verify.
    const wantsVerify = inputs.isOn('verify') && ended.notStarted.length === 0;
    const verified = wantsVerify ? await verifySet(folder, own) : null;
    const commentUrl = await tell({
      stage: 'done',
      run: at,
      jobs: sumJobs(ended.members),
      approver,
      verified: verified === null ? null : countVerified(verified),
      undo: 'npm run --silent s3-rewind -- undo --record FOLDER --out my-undo',
    });
    const found = { action: '', ...named, commentUrl, command: answer };
    const rest = ended.notStarted.length === 0 ? '' : ` Not started: ${ended.notStarted.join(', ')}.`;
    const left = {
      message: `Some rows were left as they are.${rest}`,
      hint: 'see the comment for how many; outcomes/ of each member names each key',
    };
    return { result: buildRunResult(found, isDone ? null : left, verified?.agrees ?? null) };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const { code, message, hint } = error;
    const commentUrl = await tell({ stage: 'stopped', run: at, approver, code, message, hint });
    const result = refusedResult(error, { ...named, commentUrl });
    return { result: exitCodeOf(error) === 2 ? result : { ...result, decision: 'failed' } };
  }
}

async function verifySet(folder: string, own: readonly string[]): Promise<SetVerification> {
  const reach = own.filter((argument) => !argument.startsWith('--concurrency='));
  const { answer } = await runCommand(['verify', `--record=${folder}`, ...reach]);
  return answer as SetVerification;
}

function countVerified({ members }: SetVerification): { compared: number; agrees: number } {
  const add = (pick: (member: VerifyAnswer) => number) =>
    members.reduce((total, member) => total + pick(member), 0);
  const compared = add(({ live }) => live.compared);
  return { compared, agrees: compared - add(({ live }) => live.differences) };
}

/** What each scenario came to, over all members. */
function sumJobs(members: readonly RunOutcome[]): StageJob[] {
  const jobs = members.flatMap((member) => countJobs(member, []));
  return SCENARIOS.flatMap((scenario) => {
    const own = jobs.filter((job) => job.scenario === scenario);
    if (own.length === 0) return [];
    const add = (pick: (job: StageJob) => number) => own.reduce((total, job) => total + pick(job), 0);
    const [total, done, left] = [add((job) => job.total), add((job) => job.done), add((job) => job.left)];
    return [{ scenario, jobId: null, total, done, left }];
  });
}
