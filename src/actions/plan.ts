import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandEnd } from '../cli/hear-answer.ts';
import { publishRecord } from '../cli/publish-record.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { provePlan } from '../execute/record.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { isSetRecord } from '../set/set-record.ts';
import { runCommand } from './command.ts';
import type { PLAN } from './contract/plan.ts';
import type { UNDO } from './contract/undo.ts';
import { assertCopiesPossible, chooseExecutor, type Executor } from './executor.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { type Presentation, present, showPlan } from './present-plan.ts';
import { presentSet } from './present-set.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { openStageView } from './stage-comment.ts';

/** The actions `plan` and `undo`: make a plan, then show it to the people who are to approve it. */
export async function makePlan({
  inputs,
  run,
  command,
}: ActionStep<typeof PLAN | typeof UNDO> & { command: 'plan' | 'undo' }): Promise<ActionEnd> {
  const bucket = inputs.text('record-bucket');
  const endpoint = readEndpoint(inputs);
  const executor = chooseExecutor(inputs.text('executor'), bucket, endpoint);
  assertCopiesPossible(executor, inputs.arguments());
  const folder = join(run.temporaryFolder, 's3-rewind', command);
  // Shown first and kept then, which is sooner; a set is in its bucket before it is shown.
  const later = bucket === null ? [] : ['--no-publish'];
  const made = await runCommand([command, ...inputs.arguments(), ...later, `--out=${folder}`]);
  if (await isSetRecord(folder)) {
    return await presentSet(folder, made, { run, executor, ...readPresentation(inputs) }, endpoint);
  }
  const path = join(folder, 'plan.json');
  // Athena leaves large manifests in the record bucket alone.
  const plan = provePlan(path, await readFile(path, 'utf8'));
  const record = bucket === null ? folder : formatRecordUrl({ bucket, prefix: `${plan.rollbackId}/` });
  const view = await openStageView(record, endpoint);
  const audience = { run, executor, ...readPresentation(inputs) };
  const keep =
    bucket === null
      ? null
      : () => publishRecord(endpoint, { folder, plan, name: folder }, bucket).then(() => {});
  const shown = await present(showPlan(folder, plan, view, run), audience, keep);
  return describeEnd(plan, { record, folder, executor }, made, shown);
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
  place: { record: string; folder: string; executor: Executor },
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
