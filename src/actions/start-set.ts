import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Approval } from '../approve/approval-file.ts';
import { NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { APPROVAL_FILE, writeApproval } from '../deploy/write-approval.ts';
import { exitCodeOf, RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { annotate, type WorkflowRun } from '../github/workflow.ts';
import type { Stage } from '../review/stage.ts';
import { isFulfilled, type OutcomeCounts } from '../s3/outcome.ts';
import { readProofRequest } from './approval-request.ts';
import { runCommand } from './command.ts';
import type { START_JOBS } from './contract/start-jobs.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { countJobs, ofBucket, progressOfSet } from './job-counts.ts';
import { commentWhileRunning } from './progress-comments.ts';
import { buildRunResult } from './result.ts';
import { type ActionEnd, refusedResult } from './run-action.ts';
import { openTellingSet, readMemberJobs, type TellingSet } from './set-view.ts';
import type { CommentPlace } from './stage-comment.ts';
import type { VerifyAnswer } from './verify.ts';

type MemberRun = RunOutcome & { bucket: string };
type SetRun = { outcomes: OutcomeCounts; notStarted: string[]; members: MemberRun[] };
type SetVerification = { agrees: boolean; members: VerifyAnswer[] };

type Step = {
  inputs: ActionInputs<typeof START_JOBS>;
  run: WorkflowRun;
  record: string;
  client: GitHubClient;
  place: CommentPlace | null;
};

/** The action `start-jobs` for a set: one proof for the digest of the set, then its members in their order. */
export async function startSet(step: Step): Promise<ActionEnd> {
  const { inputs, run, record, client } = step;
  const endpoint = readEndpoint(inputs);
  const set = await openTellingSet(record, endpoint, step.place);
  const { rollbackId, planDigest: digest } = set.named;
  const request = readProofRequest(inputs, { rollbackId, digest }, run, new Date(), 'set.json');
  const decision = await proveApproval(request, openApprovalAnswers(client));
  if (decision.decision === 'refused') {
    const { code, message, hint } = decision.error;
    const at = { id: run.runId, url: run.url };
    const commentUrl = await set.tell({ stage: 'refused', run: at, code, message, hint });
    const found = { ...set.named, commentUrl };
    return { result: { ...refusedResult(decision.error, found), decision: 'refused' } };
  }
  return await runApproved(step, endpoint, set, decision.approval);
}

async function runApproved(
  { inputs, run, record }: Step,
  endpoint: EndpointOptions,
  set: TellingSet,
  approval: Approval,
): Promise<ActionEnd> {
  const { opened, named, tell } = set;
  const at = { id: run.runId, url: run.url };
  const members = await readMemberJobs(opened, endpoint);
  const file = await keepApproval(set, record, run, endpoint, approval);
  const approver =
    approval.approver === null ? null : { login: approval.approver.login, remark: approval.remark };
  const goOn = goOnOf(set, record);
  const running = (percent: number): Stage => {
    return { stage: 'running', run: at, jobs: progressOfSet(members, percent), approver, ...goOn };
  };
  await tell(running(0));
  const comments = commentWhileRunning((percent) => tell(running(percent), { inSummary: false }));
  const isOnAws = members.some(({ isDeployed }) => isDeployed);
  const proof = isOnAws ? [`--approval=${approver === null ? 'none' : file}`] : [];
  const own = inputs.arguments().filter((argument) => isOnAws || !argument.startsWith('--poll-seconds='));
  try {
    const start = ['start-jobs', `--record=${record}`, '--yes', ...proof, ...own];
    const { answer } = await runCommand(start, comments.progress);
    await comments.end();
    const ended = answer as SetRun;
    const isDone = isFulfilled(ended.outcomes) && ended.notStarted.length === 0;
    // A member that was not started has no outcome to verify.
    const wantsVerify = inputs.isOn('verify') && ended.notStarted.length === 0;
    const verified = wantsVerify ? await verifySet(record, own) : null;
    const latest = await readMemberJobs(opened, endpoint);
    const commentUrl = await tell({
      stage: 'done',
      run: at,
      jobs: ended.members.flatMap((member) => {
        const jobs = latest.find(({ plan }) => plan.inputs.bucket === member.bucket)?.jobs ?? [];
        return ofBucket(member.bucket, countJobs(member, jobs));
      }),
      approver,
      verified: verified === null ? null : countVerified(verified),
      undo: undoCommand(set, record, run),
      ...goOn,
    });
    const found = { action: '', ...named, commentUrl, command: answer };
    const rest = ended.notStarted.length === 0 ? '' : ` Not started: ${ended.notStarted.join(', ')}.`;
    const left = {
      message: `Some rows were left as they are.${rest}`,
      hint: 'see the comment for how many; outcomes/ of each member names each key',
    };
    return { result: buildRunResult(found, isDone ? null : left, verified?.agrees ?? null) };
  } catch (error) {
    await comments.end();
    if (!(error instanceof RunbookError)) throw error;
    const { code, message, hint } = error;
    // A session that ends on the way is refused by its code; what was done by then was done.
    const isRefusal = exitCodeOf(error) === 2 && !comments.hasBegun();
    const refused = { run: at, code, message, hint };
    const commentUrl = await tell(
      isRefusal ? { stage: 'refused', ...refused } : { stage: 'stopped', ...refused, approver, ...goOn },
    );
    const result = refusedResult(error, { ...named, commentUrl });
    return { result: isRefusal ? result : { ...result, decision: 'failed' } };
  }
}

/** Writes approval.json into the record of the set, before anything is started. @returns where it is on the runner */
async function keepApproval(
  { opened }: TellingSet,
  record: string,
  run: WorkflowRun,
  endpoint: EndpointOptions,
  approval: Approval,
): Promise<string> {
  const { place } = opened;
  const text = `${JSON.stringify(approval, null, 2)}\n`;
  const file = join(place === null ? record : run.temporaryFolder, APPROVAL_FILE);
  await writeFile(file, text);
  if (place !== null) {
    try {
      await writeApproval({ objects: openRecordCalls(endpoint), pause: sleep }, place, text);
    } catch (error) {
      throw refusalOf(error, place.bucket);
    }
  }
  if (approval.approver === null) annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
  return file;
}

function undoCommand({ opened }: TellingSet, record: string, { runId }: WorkflowRun): string {
  const of = opened.place === null ? `run=${runId}` : `record=${record}`;
  return `gh workflow run undo.yml -f bucket=${bucketsOf(opened)} -f ${of}`;
}

/** A record that the runner alone has is lost with it. */
function goOnOf({ opened }: TellingSet, record: string): { goOn?: string } {
  if (opened.place === null) return {};
  return { goOn: `gh workflow run resume.yml -f bucket=${bucketsOf(opened)} -f record=${record}` };
}

function bucketsOf({ set }: TellingSet['opened']): string {
  return set.members.map(({ bucket }) => bucket).join(',');
}

async function verifySet(record: string, own: readonly string[]): Promise<SetVerification> {
  const reach = own.filter((argument) => !/^--(concurrency|poll-seconds)=/.test(argument));
  const { answer } = await runCommand(['verify', `--record=${record}`, ...reach]);
  return answer as SetVerification;
}

function countVerified({ members }: SetVerification): { compared: number; agrees: number } {
  const add = (pick: (member: VerifyAnswer) => number) =>
    members.reduce((total, member) => total + pick(member), 0);
  const compared = add(({ live }) => live.compared);
  return { compared, agrees: compared - add(({ live }) => live.differences) };
}
