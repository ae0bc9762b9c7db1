import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { renderComment } from '../review/comment.ts';
import type { StageTemplates } from './stage-comment.ts';

/** Folder of a rollback in the repository. */
export function folderOf({ rollbackId }: Pick<RollbackPlan, 'rollbackId'>): string {
  return `rollbacks/${rollbackId}`;
}

/** Branch of the pull request of a rollback, for the run that planned it; `''`: what all of them begin with. */
export function branchOf(rollbackId: string, runId: number | ''): string {
  return `s3-rewind/${rollbackId}-${runId}`;
}

/**
 * The files of a plan that are reviewed and kept in git: everything that decides what will run. Manifests hold a row
 * for every key and stay in the record; plan.json names each by its SHA-256.
 */
export async function readPlanFiles(
  record: string,
  plan: RollbackPlan,
  options: { templates: StageTemplates; runUrl: string },
): Promise<Map<string, string>> {
  const folder = folderOf(plan);
  const paths = ['plan.json', plan.template.path, ...plan.sql.map(({ path }) => path)];
  const texts = await Promise.all(paths.map((path) => readFile(join(record, path), 'utf8')));
  const page = renderComment(plan, {
    template: options.templates.comment,
    nextStep: 'read the comment of the pull request: it says how far this rollback is.',
    manifestLink: () => options.runUrl,
  });
  return new Map([
    [`${folder}/README.md`, page],
    ...paths.map((path, index): [string, string] => [`${folder}/${path}`, texts[index] ?? '']),
  ]);
}
