import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandEnd } from '../cli/hear-answer.ts';
import { readTemplate } from '../render/handlebars.ts';
import type { Stage } from '../review/stage.ts';
import { describeSet } from '../set/set-comment.ts';
import { readSet, SET_FILE, type SetRecord } from '../set/set-record.ts';
import { renderSetSticky } from '../set/set-sticky.ts';
import { folderOf, readPlanFiles } from './plan-files.ts';
import { type Audience, isStartable, present } from './present-plan.ts';
import { buildResult } from './result.ts';
import type { ActionEnd } from './run-action.ts';
import { openStageView, type StageView } from './stage-comment.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** Shows the set of plans of a folder: one pull request, one comment, one digest to approve. */
export async function presentSet(folder: string, made: CommandEnd, audience: Audience): Promise<ActionEnd> {
  const record = await readSet(folder);
  const { set } = record;
  const plans = plansOf(record);
  const view = await openStageView(folder, {});
  const render = await openSetView(record);
  const isBlocked = plans.some(({ checks }) => checks.some(({ level }) => level === 'blocking'));
  const { pullRequest, commentUrl, commit, notAllowed } = await present(
    {
      rollbackId: set.setId,
      digest: set.digest,
      title: `${describeSet(set, plans)} (${set.setId})`,
      isStartable: !isBlocked && plans.some(isStartable),
      render,
      readFiles: () => readSetFiles(record, view, audience.run.url),
    },
    { ...audience, executor: 'direct' },
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
      record: folder,
      folder,
      executor: 'direct',
      'pull-request': String(pullRequest?.number ?? ''),
      commit: commit ?? '',
    },
  };
}

/** Renders the comment of a set for a stage. */
export async function openSetView(record: SetRecord): Promise<(stage: Stage) => string> {
  const [set, stage] = await Promise.all(
    ['set.md.hbs', 'stage.md.hbs'].map((name) => readTemplate(new URL(name, TEMPLATES))),
  );
  if (set === undefined || stage === undefined) throw new TypeError('two templates');
  return (now) => renderSetSticky(record.set, plansOf(record), now, { set, stage });
}

/** The files that are reviewed and kept in git: set.json and, a folder each, those of the members. */
async function readSetFiles(
  { folder, set, members }: SetRecord,
  templates: StageView,
  runUrl: string,
): Promise<Map<string, string>> {
  const top = folderOf({ rollbackId: set.setId });
  const files = new Map([
    [`${top}/${SET_FILE}`, await readFile(join(folder, SET_FILE), 'utf8')],
    [`${top}/README.md`, await readFile(join(folder, 'comment.md'), 'utf8')],
  ]);
  for (const { member, record } of members) {
    const own = await readPlanFiles(record.folder, record.plan, { templates, runUrl });
    for (const [path, text] of own) {
      files.set(path.replace(folderOf(record.plan), `${top}/${member.folder}`), text);
    }
  }
  return files;
}

function plansOf({ members }: SetRecord) {
  return members.map(({ record }) => record.plan);
}
