import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import type { ProofRequest } from '../approve/request.ts';
import { type OpenedRecord, openRecord } from '../cli/open-record.ts';
import { RunbookError } from '../errors.ts';
import type { RestoreLook } from '../execute/archived/look.ts';
import type { RestoreOffer } from '../execute/archived/offer.ts';
import type { RestoreEnd } from '../execute/archived/run-restore.ts';
import { refusalOf } from '../execute/refusals.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatBytes, formatCount, formatUsd } from '../review/figures.ts';
import type { Approver, Stage } from '../review/stage.ts';
import { formatDuration } from '../s3/duration.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { runCommand } from './command.ts';
import type { RESTORE_ARCHIVED } from './contract/restore-archived.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { countJobs } from './job-counts.ts';
import { buildResult } from './result.ts';
import { type ActionEnd, type ActionStep, refusedResult } from './run-action.ts';
import { openStageView, renderStageComment, tryPostStage } from './stage-comment.ts';
import { formatTable } from './summary-table.ts';

/** Beside approval.json, which is that of the rollback itself. */
const APPROVAL_FILE = 'restore-approval.json';

type Inputs = ActionInputs<typeof RESTORE_ARCHIVED>;
/** A record on its way, and where it is told. */
type Restoring = {
  inputs: Inputs;
  run: WorkflowRun;
  record: string;
  opened: OpenedRecord;
  plan: RollbackPlan;
  client: GitHubClient;
};
type LookAnswer = { look: RestoreLook; nextLookAt: string | null; isAgreed: boolean };

/** The action `restore-archived`: looks, starts with a proof, or goes on with what was approved. */
export async function restoreArchived({
  inputs,
  run,
}: ActionStep<typeof RESTORE_ARCHIVED>): Promise<ActionEnd> {
  const record = inputs.text('record') ?? '';
  const opened = await openRecord(record, readEndpoint(inputs));
  try {
    const client = openGitHub({
      token: inputs.text('github-token') ?? '',
      repository: run.repository,
      baseUrl: run.apiUrl,
    });
    const restoring = { inputs, run, record, opened, plan: opened.record.plan, client };
    const step = inputs.text('step');
    if (step === 'look') return await look(restoring);
    if (step === 'go-on') return await goOn(restoring, [], null);
    const decision = await proveApproval(proofRequest(restoring), openApprovalAnswers(client));
    if (decision.decision === 'refused') {
      const result = refusedResult(decision.error, named(restoring));
      return { result: { ...result, decision: 'refused' } };
    }
    const { approver, remark } = decision.approval;
    await recordApproval(restoring, `${JSON.stringify(decision.approval, null, 2)}\n`);
    if (approver === null) annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
    const proof = approver === null ? 'none' : join(opened.record.folder, APPROVAL_FILE);
    return await goOn(
      restoring,
      ['--yes', `--approval=${proof}`],
      approver === null ? null : { login: approver.login, remark },
    );
  } finally {
    await opened.end();
  }
}

/** Nothing is changed: cost and time where nobody has agreed yet, otherwise how many versions are ready. */
async function look(restoring: Restoring): Promise<ActionEnd> {
  const { inputs, record } = restoring;
  const reach = inputs.arguments().filter((argument) => !/^--(tier|days)=/.test(argument));
  const { answer } = await runCommand(['restore-archived', `--record=${record}`, '--look', ...reach]);
  const found = answer as LookAnswer;
  const state = stateOf(found);
  if (state === 'new') {
    const offered = await runCommand([
      'restore-archived',
      `--record=${record}`,
      '--offer',
      ...inputs.arguments(),
    ]);
    await writeSummary(describeOffer((offered.answer as { offer: RestoreOffer }).offer, restoring.plan));
  } else await writeSummary(describeLook(found));
  return {
    result: buildResult({
      action: '',
      ...named(restoring),
      decision: state === 'none' ? 'nothing-to-do' : 'restoring',
      reasonCode: 'OK',
      command: answer,
    }),
    outputs: { state, 'next-look-at': found.nextLookAt ?? '' },
  };
}

function stateOf({ look: { ready, underWay, archived, missing }, isAgreed }: LookAnswer): string {
  if (ready + underWay + archived + missing === 0) return 'none';
  if (!isAgreed) return 'new';
  // A version that has gone is noted by a pass, as one that can be copied.
  if (ready + missing > 0) return 'ready';
  return underWay > 0 ? 'waiting' : 'expired';
}

async function goOn(
  restoring: Restoring,
  agreement: readonly string[],
  approver: Approver | null,
): Promise<ActionEnd> {
  const { inputs, record, run } = restoring;
  const { answer } = await runCommand([
    'restore-archived',
    `--record=${record}`,
    '--once',
    ...agreement,
    ...inputs.arguments(),
  ]);
  const end = answer as unknown as RestoreEnd;
  const commentUrl = await tell(restoring, {
    stage: 'restoring',
    run: { id: run.runId, url: run.url },
    jobs: countJobs(end.outcome, []),
    approver,
    waiting: end.waiting,
    expired: end.expired,
    nextLookAt: end.nextLookAt,
  });
  const outputs = { state: end.status, 'next-look-at': end.nextLookAt ?? '' };
  const found = { action: '', ...named(restoring), commentUrl, command: answer };
  if (end.status === 'waiting') {
    return { result: buildResult({ ...found, decision: 'restoring', reasonCode: 'OK' }), outputs };
  }
  if (isFulfilled(end.outcome.outcomes)) {
    return { result: buildResult({ ...found, decision: 'done', reasonCode: 'OK' }), outputs };
  }
  const result = buildResult({
    ...found,
    decision: 'incomplete',
    reasonCode: 'ROWS_LEFT',
    message:
      end.status === 'expired'
        ? 'Restored copies expired before they were copied.'
        : 'Some rows were left as they are.',
    hint:
      end.status === 'expired'
        ? `have it approved anew: gh workflow run restore-archived.yml -f record=${record}`
        : 'see outcomes/ of the record for how each key ended',
  });
  return { result, outputs };
}

/** What was shown is the summary of the job before: its digest has to be that of the record. */
function proofRequest({ inputs, run, plan }: Restoring): ProofRequest {
  const { rollbackId, digest } = plan;
  const all = { repository: run.repository, runId: run.runId, rollbackId, digest, now: new Date() };
  if (inputs.text('approval') === 'none') return { kind: 'none', ...all };
  const shown = inputs.text('plan-digest');
  if (shown !== digest) {
    throw new RunbookError(
      'APPROVAL_DIGEST_CHANGED',
      `The plan of the record is ${digest}, the one that was shown ${shown ?? 'is not named'}.`,
      { hint: 'pass on the output "plan-digest" of the job that looked' },
    );
  }
  return {
    kind: 'environment',
    ...all,
    environment: inputs.text('environment') ?? '',
    adminBypass: inputs.text('admin-bypass') === 'accept' ? 'accept' : 'refuse',
    shown: { where: 'summary', digest: shown },
  };
}

async function recordApproval({ opened: { record, remote } }: Restoring, text: string): Promise<void> {
  await writeFile(join(record.folder, APPROVAL_FILE), text);
  if (remote === null) return;
  const { calls, place } = remote;
  const key = `${place.prefix}${APPROVAL_FILE}`;
  try {
    await calls.writeObject({ bucket: place.bucket, key, body: text, condition: null });
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

/** Says how far it is, in the comment and in the summary of the run. @returns address of the comment */
async function tell({ inputs, record, plan, client }: Restoring, stage: Stage): Promise<string | null> {
  const view = await openStageView(record, readEndpoint(inputs));
  await writeSummary(renderStageComment(plan, stage, view));
  const pullNumber = inputs.number('pull-request');
  const author = inputs.text('comment-author') ?? '';
  const place = pullNumber === null ? null : { client, pullNumber, author };
  return await tryPostStage(place, plan, stage, view);
}

function describeOffer(offer: RestoreOffer, { rollbackId, digest }: RollbackPlan): string {
  const rows = offer.classes.map(
    ({ storageClass, rows: versions, bytes, restoreUsd, fromHours, toHours }) => [
      storageClass ?? 'not known',
      formatCount(versions),
      formatBytes(bytes),
      restoreUsd === null ? 'not known' : formatUsd(restoreUsd),
      `${formatDuration(fromHours * 3_600)} to ${formatDuration(toHours * 3_600)}`,
    ],
  );
  return [
    `### Archived versions of ${rollbackId}`,
    '',
    formatTable(['Class', 'Versions', 'Bytes', `Restore, ${offer.tier}`, 'Ready after'], rows),
    `Restored copies stay for ${offer.days} days: ${formatUsd(offer.storageUsd)}. ${describeJobs(offer)}Looking and copying, ${offer.copyWith === 'direct' ? 'from the runner' : 'by the task function'}: ${formatUsd(offer.copyUsd)}, about ${formatDuration(offer.copyHours * 3_600)}. Nothing was asked of S3 yet.`,
    '',
    `Plan ${digest}`,
    '',
  ].join('\n');
}

function describeJobs({ restoreJobs, restoreJobsUsd }: RestoreOffer): string {
  if (restoreJobs === 0) return '';
  return `Asking by ${formatCount(restoreJobs)} jobs of S3 Batch Operations: ${formatUsd(restoreJobsUsd)}. `;
}

function describeLook({ look: found, nextLookAt }: LookAnswer): string {
  const { ready, underWay, archived, missing } = found;
  return [
    '### Archived versions',
    '',
    formatTable(
      ['Ready', 'Being restored', 'Archived', 'Gone'],
      [[ready, underWay, archived, missing].map(formatCount)],
    ),
    ...(found.seen === 'record' ? ['By the record alone: the role may not look at versions.', ''] : []),
    ...(nextLookAt === null ? [] : [`The next look is worth it at ${nextLookAt}.`, '']),
  ].join('\n');
}

function named({ plan }: Restoring) {
  return { rollbackId: plan.rollbackId, planDigest: plan.digest };
}
