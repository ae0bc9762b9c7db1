import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import type { WorkflowRun } from '../github/workflow.ts';
import { readTemplate } from '../render/handlebars.ts';
import { renderRetentionComment } from '../retention/retention-comment.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from '../retention/retention-plan-file.ts';
import { proveRetentionPlan } from '../retention/retention-record.ts';
import { type RetentionView, renderRetentionSticky } from '../retention/retention-sticky.ts';
import type { Stage } from '../review/stage.ts';
import { type Audience, type Presentation, present } from './present-plan.ts';
import { type CommentPlace, openStageView, tryPostReview } from './stage-comment.ts';

const TEMPLATE = new URL('../../templates/retention.md.hbs', import.meta.url);

/**
 * Shows the plan of an extension that needs a review, as a rollback is shown: one pull request, one comment.
 * @param folder that the command made; its record is in the record bucket already
 * @throws RunbookError RECORD_CHANGED, and what `present` throws
 */
export async function presentRetention(
  { folder, record }: { folder: string; record: string },
  audience: Omit<Audience, 'executor' | 'environment'>,
  endpoint: EndpointOptions,
): Promise<Presentation> {
  const path = join(folder, RETENTION_PLAN_FILE);
  const plan = proveRetentionPlan(path, await readFile(path, 'utf8'));
  const view = await openRetentionView(record, endpoint);
  const { retentionId, digest, settings } = plan;
  const place = `retentions/${retentionId}`;
  return await present(
    {
      rollbackId: retentionId,
      digest,
      title: `Extend retention in ${settings.bucket} (${retentionId})`,
      folder: place,
      isStartable: true,
      render: (stage) => renderRetentionSticky(plan, stage, view),
      readFiles: () => readRetentionFiles(folder, plan, { place, view, runUrl: audience.run.url }),
    },
    // The stack comes next; who is asked for an approval is told once it is there.
    { ...audience, executor: 'batch', environment: null },
  );
}

/** A stage of the run that tells it. */
type Told<S = Stage> = S extends Stage ? Omit<S, 'run'> : never;

/**
 * Opens the comment of a plan for the stages after it.
 * @param place null: there is no pull request, and nothing is told
 * @returns what writes the comment anew, and answers with its address; a comment that fails stops nothing
 */
export async function openRetentionComment(
  { plan, record, run }: { plan: RetentionPlan; record: string; run: WorkflowRun },
  place: CommentPlace | null,
  endpoint: EndpointOptions,
): Promise<(told: Told) => Promise<string | null>> {
  const view = await openRetentionView(record, endpoint);
  return async (told) => {
    const stage: Stage = { ...told, run: { id: run.runId, url: run.url } };
    const body = renderRetentionSticky(plan, stage, view);
    return await tryPostReview(place, { rollbackId: plan.retentionId, body, stage });
  };
}

async function openRetentionView(record: string, endpoint: EndpointOptions): Promise<RetentionView> {
  const { stage, record: place } = await openStageView(record, endpoint);
  return { retention: await readTemplate(TEMPLATE), stage, record: place };
}

/** The files that are reviewed and kept in git: everything that decides what will run, save for the manifests. */
async function readRetentionFiles(
  folder: string,
  plan: RetentionPlan,
  { place, view, runUrl }: { place: string; view: RetentionView; runUrl: string },
): Promise<Map<string, string>> {
  const page = renderRetentionComment(plan, view.retention, {
    nextStep: 'read the comment of the pull request: it says how far this run is.',
    manifestLink: () => runUrl,
  });
  const files = new Map([[`${place}/README.md`, page]]);
  const template = plan.template === undefined ? [] : [plan.template.path];
  for (const path of [RETENTION_PLAN_FILE, ...template, ...plan.sql.map((one) => one.path)]) {
    files.set(`${place}/${path}`, await readFile(join(folder, path), 'utf8'));
  }
  return files;
}
