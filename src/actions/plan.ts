import { join } from 'node:path';
import type { CommandEnd } from '../cli/hear-answer.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { publishPlan } from '../execute/batch/remote-record.ts';
import { type PlanRecord, readRecord } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { runCommand } from './command.ts';
import type { PLAN } from './contract/plan.ts';
import type { UNDO } from './contract/undo.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { type Presentation, presentPlan } from './present-plan.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';

/** The actions `plan` and `undo`: make a plan, then show it to the people who are to approve it. */
export async function makePlan({
  inputs,
  run,
  command,
}: ActionStep<typeof PLAN | typeof UNDO> & { command: 'plan' | 'undo' }): Promise<ActionEnd> {
  const folder = join(run.temporaryFolder, 's3-rewind', command);
  const made = await runCommand([command, ...inputs.arguments(), `--out=${folder}`]);
  const local = await readRecord(folder);
  const bucket = inputs.text('record-bucket');
  const record = bucket === null ? folder : await keepRecord(local, bucket, inputs);
  const shown = await presentPlan({ record: folder, plan: local.plan, run, ...readPresentation(inputs) });
  return describeEnd(local.plan, { record, folder }, made, shown);
}

/** Puts the plan into the bucket of records, where it is not yet. @returns its address */
async function keepRecord(
  local: PlanRecord,
  bucket: string,
  inputs: ActionInputs<typeof PLAN | typeof UNDO>,
): Promise<string> {
  const place = { bucket: parseBucketName(bucket), prefix: `${local.plan.rollbackId}/` };
  try {
    await publishPlan(openRecordCalls(readEndpoint(inputs)), place, local, sleep);
  } catch (error) {
    throw refusalOf(error, bucket);
  }
  return formatRecordUrl(place);
}

function readPresentation(inputs: ActionInputs<typeof PLAN | typeof UNDO>) {
  return {
    wantsPullRequest: inputs.isOn('pull-request'),
    environment: inputs.text('environment'),
    author: inputs.text('comment-author') ?? '',
    token: inputs.text('github-token') ?? '',
  };
}

function describeEnd(
  plan: RollbackPlan,
  place: { record: string; folder: string },
  made: CommandEnd,
  { pullRequest, commentUrl, commit, notAllowed }: Presentation,
): ActionEnd {
  const block = plan.checks.find(({ level }) => level === 'blocking');
  const decision =
    block !== undefined ? 'blocked' : plan.manifests.length === 0 ? 'nothing-to-do' : 'planned';
  const reasonCode = block !== undefined ? 'CHECKS_BLOCK' : (notAllowed?.code ?? 'OK');
  return {
    result: buildResult({
      action: '',
      decision,
      reasonCode,
      message: block?.message ?? notAllowed?.message ?? null,
      hint: notAllowed?.hint ?? null,
      rollbackId: plan.rollbackId,
      planDigest: plan.digest,
      pullRequest,
      commentUrl,
      command: made.answer,
    }),
    outputs: { ...place, 'pull-request': String(pullRequest?.number ?? ''), commit: commit ?? '' },
  };
}
