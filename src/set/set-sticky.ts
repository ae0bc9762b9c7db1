import type { RollbackPlan } from '../plan/plan-file.ts';
import type { TemplateSource } from '../render/handlebars.ts';
import { formatMarker } from '../review/marker.ts';
import type { Stage } from '../review/stage.ts';
import { renderStage } from '../review/stage-section.ts';
import { NEXT_STEPS } from '../review/sticky.ts';
import { renderSetComment } from './set-comment.ts';
import type { RollbackSet } from './set-file.ts';

/** The sticky comment of a set: the stage first, then its review. A function of set, plans and stage alone. */
export function renderSetSticky(
  set: RollbackSet,
  plans: readonly RollbackPlan[],
  stage: Stage,
  templates: { set: TemplateSource; stage: TemplateSource },
): string {
  const review = renderSetComment(set, plans, {
    template: templates.set,
    nextStep: [`**Next step:** ${NEXT_STEPS[stage.stage]}`],
    // The folder is in the artifact of the run; GitHub has no address for a file in one.
    link: () => stage.run.url,
  });
  const [, title = '', ...rest] = review.split('\n');
  const marker = formatMarker({
    v: 1,
    rollbackId: set.setId,
    digest: set.digest,
    run: stage.run.id,
    stage: stage.stage,
  });
  return [marker, title, '', renderStage(stage, null, templates.stage), ...rest].join('\n');
}
