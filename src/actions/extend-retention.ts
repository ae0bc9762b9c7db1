import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_APPROVAL_WARNING, proveApproval } from '../approve/prove.ts';
import type { ProofRequest } from '../approve/request.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { exitCodeOf, RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { annotate, type WorkflowRun, writeSummary } from '../github/workflow.ts';
import type { Progress } from '../progress.ts';
import { readRemoteRetention } from '../retention/remote-record.ts';
import type { RetentionPlan } from '../retention/retention-plan-file.ts';
import type { RetentionOutcome } from '../retention/run-files.ts';
import { formatCount } from '../review/figures.ts';
import type { Approver } from '../review/stage.ts';
import { FULFILLED_OUTCOMES, isFulfilled, OUTCOMES } from '../s3/outcome.ts';
import { assertShown } from './approval-request.ts';
import { runCommand } from './command.ts';
import type { EXTEND_RETENTION } from './contract/extend-retention.ts';
import { findReviewers } from './find-reviewers.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import type { Presentation } from './present-plan.ts';
import { openRetentionComment, presentRetention } from './present-retention.ts';
import { type ActionResult, buildResult } from './result.ts';
import { type ActionEnd, type ActionStep, describeError, refusedResult } from './run-action.ts';
import type { CommentPlace } from './stage-comment.ts';

type Inputs = ActionInputs<typeof EXTEND_RETENTION>;
type Step = ActionStep<typeof EXTEND_RETENTION>;

/** The action `extend-retention`: one of its steps, each for a job of its own with a role of its own. */
export async function extendRetention(step: Step): Promise<ActionEnd> {
  switch (step.inputs.text('step')) {
    case 'deploy':
      return await deploySettings(step);
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
  const isDue = manifests.length > 0;
  // A plan that nothing comes of needs nobody.
  const needsReview = isDue && review.required;
  const wantsPullRequest = needsReview && inputs.isOn('pull-request') && !inputs.isOn('report-only');
  const shown = wantsPullRequest
    ? await presentRetention(
        { folder, record },
        { run, wantsPullRequest, author: authorOf(inputs), token: inputs.text('github-token') ?? '' },
        readEndpoint(inputs),
      )
    : null;
  if (shown === null) await writeSummary(await readFile(join(folder, 'comment.md'), 'utf8'));
  const notAllowed = shown?.notAllowed ?? null;
  return {
    result: buildResult({
      action: '',
      decision: isDue ? 'planned' : 'nothing-to-do',
      reasonCode: notAllowed?.code ?? (needsReview ? 'REVIEW_REQUIRED' : 'OK'),
      message:
        notAllowed?.message ?? (needsReview ? `The run needs a review: ${review.reasons.join('; ')}.` : null),
      hint: notAllowed?.hint ?? (needsReview ? describeReview(shown) : null),
      rollbackId: retentionId,
      planDigest,
      pullRequest: shown?.pullRequest ?? null,
      commentUrl: shown?.commentUrl ?? null,
      command: made.answer,
    }),
    outputs: {
      record,
      'review-required': String(needsReview),
      'pull-request': String(shown?.pullRequest?.number ?? ''),
    },
  };
}

function describeReview(shown: Presentation | null): string {
  return shown === null
    ? 'start the workflow by hand, read its summary, and have the environment of the start approved'
    : 'read the comment of the pull request, and have the environment of the start approved';
}

async function deploySettings({ inputs, run }: Step): Promise<ActionEnd> {
  const record = needed(inputs, 'record');
  const plan = await readPlan(inputs, record);
  const client = openClient(inputs, run);
  const place = placeOf(inputs, client);
  const tell = await openRetentionComment({ plan, record, run }, place, readEndpoint(inputs));
  try {
    const { answer } = await runCommand([
      'deploy',
      `--record=${record}`,
      `--boundary-arn=${needed(inputs, 'boundary-arn')}`,
      `--service-role-arn=${needed(inputs, 'service-role-arn')}`,
      ...reach(inputs),
    ]);
    const environment = inputs.text('environment') ?? '';
    // Nobody reads the names where there is no comment.
    const reviewers = place === null ? null : await findReviewers(client, environment);
    const commentUrl = await tell({ stage: 'waiting', jobs: [], environment, reviewers });
    const found = { ...named(plan), commentUrl, command: answer };
    return {
      result: buildResult({ action: '', decision: 'planned', reasonCode: 'OK', ...found }),
      outputs: { record },
    };
  } catch (error) {
    if (error instanceof RunbookError) await tell({ stage: 'refused', ...reasonOf(error) });
    throw error;
  }
}

async function start({ inputs, run }: Step): Promise<ActionEnd> {
  const record = needed(inputs, 'record');
  const plan = await readPlan(inputs, record);
  const client = openClient(inputs, run);
  const tell = await openRetentionComment(
    { plan, record, run },
    placeOf(inputs, client),
    readEndpoint(inputs),
  );
  const consent = await readConsent(inputs, run, plan, client);
  if (consent instanceof RunbookError) {
    const commentUrl = await tell({ stage: 'refused', ...reasonOf(consent) });
    return { result: refusedResult(consent, { ...named(plan), commentUrl }), outputs: { record } };
  }
  const { approver } = consent;
  let hasBegun = false;
  const progress: Progress = (_step, percent) => {
    hasBegun ||= percent !== null;
  };
  try {
    const ran = await runCommand(
      ['start-jobs', `--record=${record}`, ...consent.options, ...reach(inputs)],
      progress,
    );
    const outcome = ran.answer as unknown as RetentionOutcome;
    await writeSummary(describeRun(outcome, record));
    const commentUrl = await tell({ stage: 'extended', approver, ...countOutcomes(outcome) });
    return describeEnd(outcome, { ...named(plan), commentUrl, command: ran.answer }, record);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    if (exitCodeOf(error) === 2 && !hasBegun) {
      await tell({ stage: 'refused', ...reasonOf(error) });
      throw error;
    }
    // What was done by then was done, whatever the code says.
    const commentUrl = await tell({ stage: 'stopped', approver, ...reasonOf(error) });
    await writeSummary(describeError('extend-retention', error));
    const result = refusedResult(error, { ...named(plan), commentUrl });
    return { result: { ...result, decision: 'failed' }, outputs: { record } };
  }
}

function describeEnd(
  { outcomes }: RetentionOutcome,
  found: Partial<ActionResult>,
  record: string,
): ActionEnd {
  return {
    result: isFulfilled(outcomes)
      ? buildResult({ ...found, action: '', decision: 'done', reasonCode: 'OK' })
      : buildResult({
          ...found,
          action: '',
          decision: 'incomplete',
          reasonCode: 'ROWS_LEFT',
          message: 'Some versions were left as they are.',
          hint: 'outcomes/ of the record names each; the next run plans those that are still due anew',
        }),
    outputs: { record },
  };
}

/** The options of `start-jobs` that say who lets it run, and who that is; or the refusal of the proof. */
type Consent = { options: string[]; approver: Approver | null };

async function readConsent(
  inputs: Inputs,
  run: WorkflowRun,
  plan: RetentionPlan,
  client: GitHubClient,
): Promise<Consent | RunbookError> {
  const approval = inputs.text('approval');
  if (approval === 'earlier') return { options: ['--unattended'], approver: null };
  const given = needed(inputs, 'plan-digest');
  const all = {
    ...{ repository: run.repository, runId: run.runId, now: new Date() },
    ...{ rollbackId: plan.retentionId, digest: plan.digest },
  };
  const place = placeOf(inputs, client);
  const request: ProofRequest =
    approval === 'none'
      ? { kind: 'none', ...all }
      : {
          kind: 'environment',
          ...all,
          environment: inputs.text('environment') ?? '',
          adminBypass: inputs.text('admin-bypass') === 'accept' ? 'accept' : 'refuse',
          shown:
            place === null
              ? { where: 'summary', digest: given }
              : { where: 'comment', pullNumber: place.pullNumber, author: place.author },
        };
  try {
    assertShown(given, plan.digest);
  } catch (error) {
    if (error instanceof RunbookError) return error;
    throw error;
  }
  const decision = await proveApproval(request, openApprovalAnswers(client));
  if (decision.decision === 'refused') return decision.error;
  const { approver, remark } = decision.approval;
  if (approver === null) {
    annotate('warning', 'NO_APPROVAL', NO_APPROVAL_WARNING);
    return { options: ['--approval=none', '--yes'], approver: null };
  }
  const file = join(run.temporaryFolder, 'approval.json');
  await writeFile(file, `${JSON.stringify(decision.approval, null, 2)}\n`);
  return { options: [`--approval=${file}`], approver: { login: approver.login, remark } };
}

/** The plan of a record, proved by its digest. @throws RunbookError INVALID_OPTION, RECORD_*, ACCESS_DENIED, … */
async function readPlan(inputs: Inputs, record: string): Promise<RetentionPlan> {
  const place = parseRecordUrl(record);
  if (place === null) throw missing('record', 'it is the address that the step plan answered with');
  try {
    return await readRemoteRetention({ objects: openRecordCalls(readEndpoint(inputs)), pause: sleep }, place);
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

function openClient(inputs: Inputs, run: WorkflowRun): GitHubClient {
  const token = inputs.text('github-token') ?? '';
  return openGitHub({ token, repository: run.repository, baseUrl: run.apiUrl });
}

/** Where the comment of the review is; null: there is none, or the run goes by an earlier review. */
function placeOf(inputs: Inputs, client: GitHubClient): CommentPlace | null {
  const pullNumber = inputs.number('pull-request-number');
  if (pullNumber === null || inputs.text('approval') === 'earlier') return null;
  return { client, pullNumber, author: authorOf(inputs) };
}

function authorOf(inputs: Inputs): string {
  return inputs.text('comment-author') ?? '';
}

function named({ retentionId, digest }: RetentionPlan) {
  return { rollbackId: retentionId, planDigest: digest };
}

function reasonOf({ code, message, hint }: RunbookError) {
  return { code, message, hint };
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
  return [
    `### s3-rewind extend-retention: ${formatCount(outcome.rows)} versions`,
    '',
    '| Outcome | Versions |',
    '| :-- | --: |',
    ...countOutcomes(outcome).outcomes.map(
      ({ outcome: name, versions }) => `| ${name} | ${formatCount(versions)} |`,
    ),
    '',
    `Compliance record: \`${record}\``,
    '',
  ].join('\n');
}

function countOutcomes({ outcomes }: RetentionOutcome) {
  const seen = OUTCOMES.filter((name) => outcomes[name] > 0);
  const left = seen.filter((name) => !FULFILLED_OUTCOMES.includes(name));
  return {
    outcomes: seen.map((outcome) => ({ outcome, versions: outcomes[outcome] })),
    left: left.reduce((sum, name) => sum + outcomes[name], 0),
  };
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
