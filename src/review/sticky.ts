import type { RollbackPlan } from '../plan/plan-file.ts';
import type { TemplateSource } from '../render/handlebars.ts';
import { renderComment } from './comment.ts';
import { formatMarker, parseMarker } from './marker.ts';
import type { RecordPlace, Stage } from './stage.ts';
import { renderStage } from './stage-section.ts';

/** What the plan's own "next step" says on GitHub, where no command of a terminal starts it. */
export const NEXT_STEPS: Record<Stage['stage'], string> = {
  planned: 'read the table, the checks and the samples below. The run goes on to make the jobs, suspended.',
  suspended: 'read the table, the checks and the samples below. The run will wait for an approval.',
  waiting: 'read the table, the checks and the samples below, then approve or reject the run as said above.',
  resuming: 'read what was left, if anything was said above, then approve or reject the run.',
  refused: 'do what is said above, then start a new run. This plan stays as it is.',
  stopped: 'do what is said above, then go on with the record: nothing that was done is done again.',
  running: 'wait. This comment is written anew as the jobs go on.',
  restoring: 'wait for S3, or have the next run of the workflow restore-archived approved.',
  done: 'read what was left, if anything was. To go back, use the undo command above.',
  extended: 'read what was left, if anything was: the next run plans what is still due anew.',
};

/**
 * The sticky comment of a rollback: the stage first, then the review of the plan. A function of plan and stage alone,
 * so each stage writes over what the one before it wrote.
 * @returns at most MAX_COMMENT_CHARACTERS characters, save for what the stage adds
 */
export function renderSticky(
  plan: RollbackPlan,
  stage: Stage,
  options: {
    comment: TemplateSource;
    stage: TemplateSource;
    record: RecordPlace | null;
    manifestLink?: (path: string) => string;
  },
): string {
  const review = renderComment(plan, {
    template: options.comment,
    nextStep: NEXT_STEPS[stage.stage],
    ...(options.manifestLink === undefined ? {} : { manifestLink: options.manifestLink }),
  });
  const [, title = '', ...rest] = review.split('\n');
  const marker = formatMarker({
    v: 1,
    rollbackId: plan.rollbackId,
    digest: plan.digest,
    run: stage.run.id,
    stage: stage.stage,
  });
  return [marker, title, '', renderStage(stage, options.record, options.stage), ...rest].join('\n');
}

/** Whether a comment of ours shows this rollback, so that it is written over. */
export function isSameRollback(body: string, rollbackId: string): boolean {
  return parseMarker(body)?.rollbackId === rollbackId;
}

/** Whether a comment of ours shows another rollback, whose plan this one takes the place of. */
export function isOutdatedRollback(body: string, rollbackId: string): boolean {
  const marker = parseMarker(body);
  return marker !== null && marker.rollbackId !== rollbackId;
}
