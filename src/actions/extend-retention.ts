import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import type { ProofRequest } from '../approve/request.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { openGitHub } from '../github/client.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import { readRemoteRetention } from '../retention/remote-record.ts';
import type { RetentionPlan } from '../retention/retention-plan-file.ts';
import type { RetentionOutcome } from '../retention/run-files.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled, OUTCOMES } from '../s3/outcome.ts';
import { runCommand } from './command.ts';
import type { EXTEND_RETENTION } from './contract/extend-retention.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { buildResult } from './result.ts';
import { type ActionEnd, type ActionStep, refusedResult } from './run-action.ts';

type Inputs = ActionInputs<typeof EXTEND_RETENTION>;
type Step = ActionStep<typeof EXTEND_RETENTION>;

/** The action `extend-retention`: one of its steps, each for a job of its own with a role of its own. */
export async function extendRetention(step: Step): Promise<ActionEnd> {
  switch (step.inputs.text('step')) {
    case 'deploy':
      return await deploySettings(step.inputs);
    case 'start':
      return await start(step);
    default:
      return await plan(step);
  }
}

type PlanAnswer = Pick<RetentionPlan, 'retentionId' | 'review' | 'manifests'> & {
  record: string;
  planDigest: string;
};

async function plan({ inputs, run }: Step): Promise<ActionEnd> {
  if (inputs.text('record-bucket') === null) {
    throw missing('record-bucket', 'jobs of S3 Batch Operations take their manifests from there');
  }
  const folder = join(run.temporaryFolder, 's3-rewind', 'extend-retention');
  const made = await runCommand(['extend-retention', ...inputs.arguments(), `--out=${folder}`]);
  const { record, retentionId, planDigest, review, manifests } = made.answer as PlanAnswer;
  await writeSummary(await readFile(join(folder, 'comment.md'), 'utf8'));
  const isDue = manifests.length > 0;
  // A plan that nothing comes of needs nobody.
  const needsReview = isDue && review.required;
  return {
    result: buildResult({
      action: '',
      decision: isDue ? 'planned' : 'nothing-to-do',
      reasonCode: needsReview ? 'REVIEW_REQUIRED' : 'OK',
      message: needsReview ? `The run needs a review: ${review.reasons.join('; ')}.` : null,
      hint: needsReview
        ? 'start the workflow by hand, read its summary, and have the environment of the start approved'
        : null,
      rollbackId: retentionId,
      planDigest,
      command: made.answer,
    }),
    outputs: { record, 'review-required': String(needsReview) },
  };
}

async function deploySettings(inputs: Inputs): Promise<ActionEnd> {
  const record = needed(inputs, 'record');
  const made = await runCommand([
    'deploy',
    `--record=${record}`,
    `--boundary-arn=${needed(inputs, 'boundary-arn')}`,
    `--service-role-arn=${needed(inputs, 'service-role-arn')}`,
    ...reach(inputs),
  ]);
  const { retentionId, planDigest } = made.answer as { retentionId: string; planDigest: string };
  const found = { rollbackId: retentionId, planDigest, command: made.answer };
  return {
    result: buildResult({ action: '', decision: 'planned', reasonCode: 'OK', ...found }),
    outputs: { record },
  };
}

async function start({ inputs, run }: Step): Promise<ActionEnd> {
  const record = needed(inputs, 'record');
  const consent = await readConsent(inputs, run, record);
  if (consent instanceof RunbookError) return { result: refusedResult(consent), outputs: { record } };
  const ran = await runCommand(['start-jobs', `--record=${record}`, ...consent, ...reach(inputs)]);
  const outcome = ran.answer as unknown as RetentionOutcome;
  await writeSummary(describeRun(outcome, record));
  const found = {
    action: '',
    rollbackId: outcome.retentionId,
    planDigest: outcome.planDigest,
    command: ran.answer,
  };
  return {
    result: isFulfilled(outcome.outcomes)
      ? buildResult({ ...found, decision: 'done', reasonCode: 'OK' })
      : buildResult({
          ...found,
          decision: 'incomplete',
          reasonCode: 'ROWS_LEFT',
          message: 'Some versions were left as they are.',
          hint: 'outcomes/ of the record names each; the next run plans those that are still due anew',
        }),
    outputs: { record },
  };
}

/** The options of `start-jobs` that say who lets it run, or the refusal of the proof. */
async function readConsent(
  inputs: Inputs,
  run: WorkflowRun,
  record: string,
): Promise<string[] | RunbookError> {
  const approval = inputs.text('approval');
  if (approval === 'earlier') return ['--unattended'];
  const place = parseRecordUrl(record);
  if (place === null) throw missing('record', 'it is the address that the step plan answered with');
  let plan: RetentionPlan;
  try {
    plan = await readRemoteRetention({ objects: openRecordCalls(readEndpoint(inputs)), pause: sleep }, place);
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
  const shown = needed(inputs, 'plan-digest');
  const all = {
    ...{ repository: run.repository, runId: run.runId, now: new Date() },
    ...{ rollbackId: plan.retentionId, digest: plan.digest },
  };
  const request: ProofRequest =
    approval === 'none'
      ? { kind: 'none', ...all }
      : {
          kind: 'environment',
          ...all,
          environment: inputs.text('environment') ?? '',
          adminBypass: inputs.text('admin-bypass') === 'accept' ? 'accept' : 'refuse',
          shown: { where: 'summary', digest: shown },
        };
  const client = openGitHub({
    token: inputs.text('github-token') ?? '',
    repository: run.repository,
    baseUrl: run.apiUrl,
  });
  const decision = await proveApproval(request, openApprovalAnswers(client));
  if (decision.decision === 'refused') return decision.error;
  if (decision.approval.approver === null) {
    annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
    return ['--approval=none', '--yes'];
  }
  const file = join(run.temporaryFolder, 'approval.json');
  await writeFile(file, `${JSON.stringify(decision.approval, null, 2)}\n`);
  return [`--approval=${file}`];
}

/** What the command line needs to get at S3 and AWS. */
function reach(inputs: Inputs): string[] {
  const { endpointUrl, region, forcePathStyle } = readEndpoint(inputs);
  return [
    ...(endpointUrl === undefined ? [] : [`--endpoint-url=${endpointUrl}`]),
    ...(region === undefined ? [] : [`--region=${region}`]),
    ...(forcePathStyle ? ['--force-path-style'] : []),
    `--poll-seconds=${inputs.text('poll-seconds') ?? ''}`,
  ];
}

function describeRun(outcome: RetentionOutcome, record: string): string {
  const seen = OUTCOMES.filter((name) => outcome.outcomes[name] > 0);
  return [
    `### s3-rewind extend-retention: ${formatCount(outcome.rows)} versions`,
    '',
    '| Outcome | Versions |',
    '| :-- | --: |',
    ...seen.map((name) => `| ${name} | ${formatCount(outcome.outcomes[name])} |`),
    '',
    `Compliance record: \`${record}\``,
    '',
  ].join('\n');
}

function needed(
  inputs: Inputs,
  name: 'record' | 'plan-digest' | 'boundary-arn' | 'service-role-arn',
): string {
  const value = inputs.text(name);
  if (value !== null) return value;
  throw missing(name, `the step '${inputs.text('step')}' needs it`);
}

function missing(name: string, why: string): RunbookError {
  return new RunbookError('INVALID_OPTION', `The input "${name}" is missing: ${why}.`, {
    hint: 'pass on the outputs of the step plan, and those of the bootstrap stack',
  });
}
