import { RunbookError } from '../errors.ts';
import type { GitHubClient } from '../github/client.ts';
import { writeStickyComment } from '../github/sticky-comment.ts';
import { annotate } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readTemplate, type TemplateSource } from '../render/handlebars.ts';
import type { Stage } from '../review/stage.ts';
import { isOutdatedRollback, isSameRollback, renderSticky } from '../review/sticky.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

export type StageTemplates = { comment: TemplateSource; stage: TemplateSource };

export async function readStageTemplates(): Promise<StageTemplates> {
  const [comment, stage] = await Promise.all([
    readTemplate(new URL('comment.md.hbs', TEMPLATES)),
    readTemplate(new URL('stage.md.hbs', TEMPLATES)),
  ]);
  return { comment, stage };
}

/** The review of a plan with the stage of its run above it: body of the comment, and of the summary. */
export function renderStageComment(plan: RollbackPlan, stage: Stage, templates: StageTemplates): string {
  // The files of a plan are in the artifact of the run; GitHub has no address for a file in one.
  return renderSticky(plan, stage, { ...templates, record: null, manifestLink: () => stage.run.url });
}

/** The place of the one comment of a rollback. */
export type CommentPlace = { client: GitHubClient; pullNumber: number; author: string };

/**
 * Writes the comment anew for a stage. @returns its address
 * @throws RunbookError the codes of callGitHub
 */
export async function postStage(
  place: CommentPlace,
  plan: RollbackPlan,
  stage: Stage,
  templates: StageTemplates,
): Promise<string> {
  const { url } = await writeStickyComment(place.client, {
    pullNumber: place.pullNumber,
    author: place.author,
    body: renderStageComment(plan, stage, templates),
    isSame: (body) => isSameRollback(body, plan.rollbackId),
    isOutdated: (body) => isOutdatedRollback(body, plan.rollbackId),
    whole: `The whole text is in the summary of the [run](${stage.run.url}).`,
  });
  return url;
}

/** Writes the comment where it can be written: a rollback that runs is not stopped by a comment that fails. */
export async function tryPostStage(
  place: CommentPlace | null,
  plan: RollbackPlan,
  stage: Stage,
  templates: StageTemplates,
): Promise<string | null> {
  if (place === null) return null;
  try {
    return await postStage(place, plan, stage, templates);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    annotate('warning', error.code, `The comment could not be written: ${error.message} Next: ${error.hint}`);
    return null;
  }
}
