import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { type OpenedSet, openSet } from '../cli/open-set.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { sleep } from '../execute/backoff.ts';
import { refusalOf } from '../execute/refusals.ts';
import { writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readTemplate } from '../render/handlebars.ts';
import type { Stage } from '../review/stage.ts';
import type { RollbackSet } from '../set/set-file.ts';
import { renderSetSticky } from '../set/set-sticky.ts';
import type { MemberJobs } from './job-counts.ts';
import { type CommentPlace, openStageView, tryPostReview } from './stage-comment.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/**
 * Opens what renders the comment of a set for a stage.
 * @param record a folder, or `s3://BUCKET/SET-ID/`
 */
export async function openSetView(
  { set, plans }: { set: RollbackSet; plans: readonly RollbackPlan[] },
  record: string,
  endpoint: EndpointOptions,
): Promise<(stage: Stage) => string> {
  const view = await openStageView(record, endpoint);
  const templates = {
    set: await readTemplate(new URL('set.md.hbs', TEMPLATES)),
    stage: view.stage,
    record: view.record === null ? null : { ...view.record, isSet: true },
  };
  return (stage) => renderSetSticky(set, plans, stage, templates);
}

/** A set that is on its way, and how its stages are told. */
export type TellingSet = {
  opened: OpenedSet;
  named: { rollbackId: string; planDigest: string };
  /** Says how far it is, in the summary and in the comment. @returns address of the comment */
  tell(stage: Stage, options?: { inSummary: boolean }): Promise<string | null>;
};

/** @throws RunbookError RECORD_*, BUCKET_NOT_FOUND, ACCESS_DENIED, … */
export async function openTellingSet(
  record: string,
  endpoint: EndpointOptions,
  place: CommentPlace | null,
): Promise<TellingSet> {
  const opened = await openSet(record, endpoint);
  const { set, members } = opened;
  const { setId: rollbackId, digest: planDigest } = set;
  const render = await openSetView({ set, plans: members.map(({ plan }) => plan) }, record, endpoint);
  return {
    opened,
    named: { rollbackId, planDigest },
    async tell(stage, { inSummary } = { inSummary: true }) {
      const body = render(stage);
      if (inSummary) await writeSummary(body);
      return await tryPostReview(place, { rollbackId, body, stage });
    },
  };
}

/** The members of a set with the jobs that wait for them, or have run. */
export async function readMemberJobs(
  { members }: OpenedSet,
  endpoint: EndpointOptions,
): Promise<(MemberJobs & { isDeployed: boolean })[]> {
  const calls = { objects: openRecordCalls(endpoint), pause: sleep };
  const found: (MemberJobs & { isDeployed: boolean })[] = [];
  for (const { plan, place } of members) {
    try {
      const deployed = place === null ? null : await readJobs(calls, place, plan);
      found.push({ plan, jobs: deployed?.jobs ?? [], isDeployed: deployed !== null });
    } catch (error) {
      throw refusalOf(error, place?.bucket ?? '');
    }
  }
  return found;
}
