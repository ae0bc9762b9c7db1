import type { TemplateSource } from '../render/handlebars.ts';
import { linkToObject } from '../review/console-links.ts';
import { formatMarker } from '../review/marker.ts';
import type { RecordPlace, Stage } from '../review/stage.ts';
import { renderStage } from '../review/stage-section.ts';
import { NEXT_STEPS } from '../review/sticky.ts';
import { renderRetentionComment } from './retention-comment.ts';
import type { RetentionPlan } from './retention-plan-file.ts';

/** The same words as for a rollback, save where the run makes something else. */
const NEXT: Record<Stage['stage'], string> = {
  ...NEXT_STEPS,
  planned:
    'read the rules, the counts and the checks below. The run goes on to deploy the stack of the settings, which can lock nothing before an approval.',
  waiting: 'read the rules, the counts and the checks below, then approve or reject the run as said above.',
};

export type RetentionView = {
  retention: TemplateSource;
  stage: TemplateSource;
  /** Where the record is in the AWS console; null where it has no page there. */
  record: RecordPlace | null;
};

/** The sticky comment of an extension: the stage first, then its review. A function of plan and stage alone. */
export function renderRetentionSticky(plan: RetentionPlan, stage: Stage, view: RetentionView): string {
  const { record } = view;
  const linkOf = (path: string) =>
    record === null ? null : linkToObject(record.region, record.bucket, `${record.prefix}${path}`);
  const review = renderRetentionComment(plan, view.retention, {
    nextStep: NEXT[stage.stage],
    // GitHub has no address for a file of the record bucket.
    manifestLink: (path) => linkOf(path) ?? stage.run.url,
  });
  const [title = '', ...rest] = review.split('\n');
  const marker = formatMarker({
    v: 1,
    rollbackId: plan.retentionId,
    digest: plan.digest,
    run: stage.run.id,
    stage: stage.stage,
  });
  return [marker, title, '', renderStage(stage, record, view.stage), ...rest].join('\n');
}
