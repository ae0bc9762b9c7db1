import process from 'node:process';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { RunbookError } from '../errors.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import type { GitHubClient } from '../github/client.ts';
import { writeStickyComment } from '../github/sticky-comment.ts';
import { annotate } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readTemplate, type TemplateSource } from '../render/handlebars.ts';
import { linkToObject } from '../review/console-links.ts';
import type { RecordPlace, Stage } from '../review/stage.ts';
import { isOutdatedRollback, isSameRollback, renderSticky } from '../review/sticky.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

export type StageTemplates = { comment: TemplateSource; stage: TemplateSource };

/** What the comments of a rollback are made with. */
export type StageView = StageTemplates & {
  /** Where the record is in the AWS console, for links; null where it has no page there. */
  record: RecordPlace | null;
};

/**
 * @param record a folder, or `s3://BUCKET/ROLLBACK-ID/`
 * @throws RunbookError INVALID_OPTION
 */
export async function openStageView(record: string, endpoint: EndpointOptions): Promise<StageView> {
  const [comment, stage] = await Promise.all([
    readTemplate(new URL('comment.md.hbs', TEMPLATES)),
    readTemplate(new URL('stage.md.hbs', TEMPLATES)),
  ]);
  const place = parseRecordUrl(record);
  const region = endpoint.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const isInConsole = place !== null && endpoint.endpointUrl === undefined && region !== undefined;
  return { comment, stage, record: isInConsole ? { ...place, region } : null };
}

/** The review of a plan with the stage of its run above it: body of the comment, and of the summary. */
export function renderStageComment(plan: RollbackPlan, stage: Stage, view: StageView): string {
  const { record } = view;
  // A folder is in the artifact of the run; GitHub has no address for a file in one.
  const linkOf = (path: string) =>
    record === null ? null : linkToObject(record.region, record.bucket, `${record.prefix}${path}`);
  return renderSticky(plan, stage, { ...view, manifestLink: (path) => linkOf(path) ?? stage.run.url });
}

/** The place of the one comment of a rollback. */
export type CommentPlace = { client: GitHubClient; pullNumber: number; author: string };

/** A review as it is now, of a plan or of a set. */
export type Review = { rollbackId: string; body: string; stage: Stage };

/**
 * Writes the comment of a review anew. @returns its address
 * @throws RunbookError the codes of callGitHub
 */
export async function postReview(place: CommentPlace, { rollbackId, body, stage }: Review): Promise<string> {
  const { url } = await writeStickyComment(place.client, {
    pullNumber: place.pullNumber,
    author: place.author,
    body,
    isSame: (other) => isSameRollback(other, rollbackId),
    isOutdated: (other) => isOutdatedRollback(other, rollbackId),
    whole: `The whole text is in the summary of the [run](${stage.run.url}).`,
  });
  return url;
}

/** Writes the comment where it can be written: a rollback that runs is not stopped by a comment that fails. */
export async function tryPostStage(
  place: CommentPlace | null,
  plan: RollbackPlan,
  stage: Stage,
  view: StageView,
): Promise<string | null> {
  const body = renderStageComment(plan, stage, view);
  return tryPostReview(place, { rollbackId: plan.rollbackId, body, stage });
}

/** The same for any review. */
export async function tryPostReview(place: CommentPlace | null, review: Review): Promise<string | null> {
  if (place === null) return null;
  try {
    return await postReview(place, review);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    annotate('warning', error.code, `The comment could not be written: ${error.message} Next: ${error.hint}`);
    return null;
  }
}
