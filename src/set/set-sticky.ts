import type { RollbackPlan } from '../plan/plan-file.ts';
import type { TemplateSource } from '../render/handlebars.ts';
import { linkToObject } from '../review/console-links.ts';
import { formatMarker } from '../review/marker.ts';
import type { RecordPlace, Stage } from '../review/stage.ts';
import { renderStage } from '../review/stage-section.ts';
import { NEXT_STEPS } from '../review/sticky.ts';
import { renderSetComment } from './set-comment.ts';
import type { RollbackSet } from './set-file.ts';

/** The sticky comment of a set: the stage first, then its review. A function of set, plans and stage alone. */
export function renderSetSticky(
  set: RollbackSet,
  plans: readonly RollbackPlan[],
  stage: Stage,
  view: { set: TemplateSource; stage: TemplateSource; record: RecordPlace | null },
): string {
  const review = renderSetComment(set, plans, {
    template: view.set,
    nextStep: [`**Next step:** ${NEXT_STEPS[stage.stage]}`],
    // A folder is in the artifact of the run; GitHub has no address for a file in one.
    link: (path) => linkToMember(set, path, view.record) ?? stage.run.url,
  });
  const [, title = '', ...rest] = review.split('\n');
  const marker = formatMarker({
    v: 1,
    rollbackId: set.setId,
    digest: set.digest,
    run: stage.run.id,
    stage: stage.stage,
  });
  return [marker, title, '', renderStage(stage, view.record, view.stage), ...rest].join('\n');
}

/** Where a file of a member's folder is on S3: in the record of the member. */
function linkToMember({ members }: RollbackSet, path: string, record: RecordPlace | null): string | null {
  const member = members.find(({ folder }) => path.startsWith(`${folder}/`));
  if (record === null || member === undefined) return null;
  const key = `${member.rollbackId}${path.slice(member.folder.length)}`;
  return linkToObject(record.region, record.bucket, key);
}
