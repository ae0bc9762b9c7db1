import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPatiently } from '../execute/backoff.ts';
import { mergeOutcomes } from '../execute/batch/merge-outcomes.ts';
import { journalsPrefix, type RecordPlace } from '../execute/batch/record-place.ts';
import { writeWhole } from '../execute/disk.ts';
import type { RowOutcome } from '../execute/journal.ts';
import { outcomePath, parseOutcomeRow } from '../execute/outcome-file.ts';
import {
  OUTCOME_FILE,
  parseRunOutcome,
  parseRunStart,
  type RunOutcome,
  type RunStart,
  START_FILE,
} from '../execute/run-files.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import type { PlanManifest, RollbackPlan } from '../plan/plan-file.ts';
import { addOutcomes, noOutcomes, type OutcomeCounts } from '../s3/outcome.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { JobsRun } from './jobs-run.ts';
import { pinManifest, readObjectText } from './remote-plan.ts';
import type { PinnedManifests } from './run-jobs.ts';
import { joinSettled, type SettledCopies } from './settled-copies.ts';
import type { DeploySite } from './site.ts';

/** @returns null where the plan has not been started */
export async function readStart({
  site,
  place,
  plan,
}: {
  site: Pick<DeploySite, 'objects' | 'pause'>;
  place: RecordPlace;
  plan: RollbackPlan;
}): Promise<string | null> {
  const text = await readObjectText(site, place, START_FILE);
  return text === null ? null : parseRunStart(plan, text).startedAt;
}

/** @returns how the plan of a record ended; null where it has not come to its end. @throws RunbookError OUTCOMES_DAMAGED */
export async function readOutcome(
  site: Pick<DeploySite, 'objects' | 'pause'>,
  place: RecordPlace,
  plan: RollbackPlan,
): Promise<RunOutcome | null> {
  const text = await readObjectText(site, place, OUTCOME_FILE);
  return text === null ? null : parseRunOutcome(plan, text);
}

/** Notes when the plan was first started, which is the point in time that an undo goes back to. */
export async function noteStart(run: JobsRun): Promise<string> {
  const known = await readStart(run);
  if (known !== null) return known;
  const { site, place, plan } = run;
  const { objects, pause } = site;
  const object = { bucket: place.bucket, key: `${place.prefix}${START_FILE}` };
  const startedAt = formatInstant(objects.serverTime());
  const start: RunStart = { schemaVersion: 1, planDigest: plan.digest, executor: 'batch', startedAt };
  const body = `${JSON.stringify(start, null, 2)}\n`;
  await readPatiently(() => objects.writeObject({ ...object, body, condition: null }), pause);
  return startedAt;
}

/**
 * Puts the outcomes of a run together from the journals of its tasks and what its copy jobs came to, one row a planned row, and says how it ended.
 * @throws RunbookError RECORD_NOT_RUN where a row has no outcome; S3CallError
 */
export async function writeRun(
  run: JobsRun,
  startedAt: string,
  pinned: PinnedManifests,
  copied: readonly SettledCopies[],
): Promise<RunOutcome> {
  const { site, place, plan } = run;
  const scenarios: RunOutcome['scenarios'] = [];
  for (const manifest of plan.manifests) {
    const { scenario } = manifest;
    const task = pinned.tasks.get(scenario);
    const files = copied.filter((one) => one.scenario === scenario).map(({ file }) => file);
    if (task !== undefined) {
      const text = mergeOutcomes(site.objects, place, scenario, task, site.pause);
      scenarios.push(await writeScenario(run, manifest, text));
    } else if (files.length > 0) {
      scenarios.push(
        await writeScenario(run, manifest, await withJournals(run, manifest, joinSettled(files))),
      );
    }
  }
  const outcome: RunOutcome = {
    schemaVersion: 1,
    rollbackId: plan.rollbackId,
    planDigest: plan.digest,
    executor: 'batch',
    startedAt,
    finishedAt: formatInstant(site.objects.serverTime()),
    rows: scenarios.reduce((total, { rows }) => total + rows, 0),
    outcomes: scenarios.reduce((total, { outcomes }) => addOutcomes(total, outcomes), noOutcomes()),
    scenarios,
  };
  const body = `${JSON.stringify(outcome, null, 2)}\n`;
  const object = { bucket: place.bucket, key: `${place.prefix}${OUTCOME_FILE}`, body, condition: null };
  await readPatiently(() => site.objects.writeObject(object), site.pause);
  return outcome;
}

/**
 * What S3's own job left as archived may have been restored and copied since: the journals of that know better than the
 * report of the job, which stays as it is.
 */
async function withJournals(
  { site, place }: JobsRun,
  manifest: PlanManifest,
  text: AsyncIterable<string>,
): Promise<AsyncIterable<string>> {
  const { scenario } = manifest;
  const journals = site.objects.listKeys(place.bucket, journalsPrefix(place, scenario));
  if ((await journals[Symbol.asyncIterator]().next()).done) return text;
  const pinned = await pinManifest(site, place, manifest);
  return mergeOutcomes(site.objects, place, scenario, pinned, site.pause, resultsIn(text));
}

async function* resultsIn(text: AsyncIterable<string>): AsyncGenerator<RowOutcome> {
  for await (const part of text) {
    for (const line of part.split('\n')) {
      const row = parseOutcomeRow(line);
      if (row !== null) yield row.result;
    }
  }
}

async function writeScenario(
  { site, place }: JobsRun,
  { scenario, operation }: PlanManifest,
  text: AsyncIterable<string>,
): Promise<RunOutcome['scenarios'][number]> {
  site.progress(`scenario ${scenario}: putting the outcomes together`, null);
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-outcomes-'));
  try {
    const file = join(folder, 'outcomes.csv');
    const counted = countOutcomes(text);
    await writeWhole(file, counted.parts);
    const path = outcomePath(scenario);
    const object = { bucket: place.bucket, key: `${place.prefix}${path}`, ifNoneMatch: false };
    await readPatiently(() => site.objects.uploadFile(file, object), site.pause);
    const rows = Object.values(counted.outcomes).reduce((total, count) => total + count, 0);
    return { scenario, operation, rows, outcomes: counted.outcomes, path, sha256: await sha256OfFile(file) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Counts on the way. Parts end with whole rows, and no field of a row holds a line break. */
function countOutcomes(text: AsyncIterable<string>): {
  parts: AsyncIterable<string>;
  outcomes: OutcomeCounts;
} {
  const outcomes = noOutcomes();
  async function* parts() {
    for await (const part of text) {
      for (const line of part.split('\n')) {
        const row = parseOutcomeRow(line);
        if (row !== null) outcomes[row.result.outcome] += 1;
      }
      yield part;
    }
  }
  return { parts: parts(), outcomes };
}
