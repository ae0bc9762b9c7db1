import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import type { CommandEnd } from '../cli/hear-answer.ts';
import { RunbookError } from '../errors.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { describeSet } from '../set/set-comment.ts';
import type { RollbackSet } from '../set/set-file.ts';
import { readSetPlans, SET_FILE } from '../set/set-record.ts';
import { folderOf, readPlanFiles } from './plan-files.ts';
import { type Audience, isStartable, present } from './present-plan.ts';
import { buildResult } from './result.ts';
import type { ActionEnd } from './run-action.ts';
import { openSetView } from './set-view.ts';
import { openStageView, type StageView } from './stage-comment.ts';

/** Shows the set of plans of a folder: one pull request, one comment, one digest to approve. */
export async function presentSet(
  folder: string,
  made: CommandEnd,
  audience: Audience,
  endpoint: EndpointOptions,
): Promise<ActionEnd> {
  const { set, plans } = await readSetPlans(folder);
  const { executor } = audience;
  if (executor === 'batch') assertOneRegion(set, endpoint);
  const { recordUrl } = made.answer as { recordUrl: string | null };
  const record = recordUrl ?? folder;
  const view = await openStageView(folder, {});
  const render = await openSetView({ set, plans }, record, endpoint);
  const isBlocked = plans.some(({ checks }) => checks.some(({ level }) => level === 'blocking'));
  const { pullRequest, commentUrl, commit, notAllowed } = await present(
    {
      rollbackId: set.setId,
      digest: set.digest,
      title: `${describeSet(set, plans)} (${set.setId})`,
      folder: folderOf({ rollbackId: set.setId }),
      isStartable: !isBlocked && plans.some(isStartable),
      render,
      readFiles: () => readSetFiles({ folder, set, plans }, view, audience.run.url),
    },
    audience,
  );
  const block = plans.flatMap(({ checks }) => checks).find(({ level }) => level === 'blocking');
  const isEmpty = plans.every(({ manifests }) => manifests.length === 0);
  return {
    result: buildResult({
      action: '',
      decision: isBlocked ? 'blocked' : isEmpty ? 'nothing-to-do' : 'planned',
      reasonCode: isBlocked ? 'CHECKS_BLOCK' : (notAllowed?.code ?? 'OK'),
      message: block?.message ?? notAllowed?.message ?? null,
      hint: notAllowed?.hint ?? null,
      rollbackId: set.setId,
      planDigest: set.digest,
      pullRequest,
      commentUrl,
      command: made.answer,
    }),
    outputs: {
      record,
      folder,
      executor,
      'pull-request': String(pullRequest?.number ?? ''),
      commit: commit ?? '',
    },
  };
}

/**
 * A job runs in the Region of its bucket, under the bootstrap stack of that Region: better refused before an approval
 * than after it.
 * @throws RunbookError SET_INVALID
 */
function assertOneRegion({ members }: RollbackSet, { region }: EndpointOptions): void {
  const own = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const far = members.find((member) => member.region !== null && member.region !== own);
  if (far === undefined) return;
  throw new RunbookError(
    'SET_INVALID',
    `'${far.bucket}' is in ${far.region}: S3 Batch Operations carries out a set of one Region.`,
    {
      hint: 'make a set of each Region, each with the variables of its own; or give executor: direct, with a start role that may write to all the buckets',
    },
  );
}

/** The files that are reviewed and kept in git: set.json and, a folder each, those of the members. */
async function readSetFiles(
  { folder, set, plans }: { folder: string; set: RollbackSet; plans: readonly RollbackPlan[] },
  templates: StageView,
  runUrl: string,
): Promise<Map<string, string>> {
  const top = folderOf({ rollbackId: set.setId });
  const files = new Map([
    [`${top}/${SET_FILE}`, await readFile(join(folder, SET_FILE), 'utf8')],
    [`${top}/README.md`, await readFile(join(folder, 'comment.md'), 'utf8')],
  ]);
  for (const [index, member] of set.members.entries()) {
    const plan = plans[index];
    if (plan === undefined) continue;
    const own = await readPlanFiles(join(folder, member.folder), plan, { templates, runUrl });
    for (const [path, text] of own) {
      files.set(path.replace(folderOf(plan), `${top}/${member.folder}`), text);
    }
  }
  return files;
}
