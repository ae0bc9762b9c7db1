import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openS3Calls } from '../../src/aws/s3-calls.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { runDirect } from '../../src/execute/direct.ts';
import { type PlanRecord, readRecord } from '../../src/execute/record.ts';
import type { RunOutcome } from '../../src/execute/run-files.ts';
import type { S3Calls } from '../../src/execute/s3-calls.ts';
import { openInventory } from '../../src/inventory/open.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import { localSite } from '../../src/plan/local-site.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { clientOf } from '../sandbox/client.ts';

export const P = '2025-08-22T11:01:00Z';
export const BEFORE_P = '2025-08-22T11:00:10Z';
export const AFTER_P = '2025-08-22T11:02:00Z';
/** When the plan runs. */
export const RUN_TIME = '2025-08-22T12:00:00Z';
export const BUCKET = 'data';

/** A sandbox with one versioned bucket, and a folder for records; `end` leaves nothing behind. */
export type Stage = {
  sandbox: Sandbox;
  bucket: Bucket;
  folder: string;
  calls: S3Calls;
  end(): Promise<void>;
};

export async function openStage(options: { seed?: number; latencyMs?: number } = {}): Promise<Stage> {
  const sandbox = await startSandbox({ seed: options.seed ?? 7, latencyMs: options.latencyMs ?? 0 });
  sandbox.clock.set(RUN_TIME);
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-execute-'));
  const client = clientOf(sandbox);
  return {
    sandbox,
    bucket,
    folder,
    calls: openS3Calls(client),
    async end() {
      client.destroy();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The inventory of a bucket as CSV, in the order of a listing, with that order as a column. */
export function inventoryOf(bucket: Bucket): string {
  const rows = [
    'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag,ordinal',
  ];
  let ordinal = 0;
  for (const [key] of bucket.stacks.from(() => true)) {
    for (const [index, entry] of bucket.stack(key).entries()) {
      ordinal += 1;
      const time = new Date(entry.lastModified).toISOString();
      const own = entry.isDeleteMarker
        ? ['', time, '', '']
        : [entry.content.size, time, entry.attributes.storageClass, entry.eTag];
      const fields = [
        bucket.name,
        encodeURIComponent(key),
        entry.versionId,
        index === 0,
        entry.isDeleteMarker,
        ...own,
      ];
      rows.push([...fields, ordinal].join(','));
    }
  }
  return `${rows.join('\n')}\n`;
}

let plans = 0;

/** Plans from the bucket as it is now, or from another inventory of it. @returns the record */
export async function planNow(
  stage: Stage,
  inputs: Partial<RawPlanInputs> = {},
  text = inventoryOf(stage.bucket),
): Promise<PlanRecord> {
  plans += 1;
  const folder = await mkdtemp(join(stage.folder, `record-${plans}-`));
  const inventory = join(stage.folder, `inventory-${plans}.csv`);
  await writeFile(inventory, text);
  const work = await mkdtemp(join(stage.folder, 'work-'));
  const engine = await openDuckDb({ workFolder: work, memoryLimit: '1GB', threads: 1 });
  let plan: RollbackPlan;
  try {
    const source = await openInventory([inventory], async () => []);
    const now = new Date();
    plan = await buildPlan(folder, {
      site: localSite(engine, source, stage.bucket.name),
      source,
      inputs: parsePlanInputs({ bucket: stage.bucket.name, timestamp: P, ...inputs }, now),
      inventoryTime: null,
      preflight: null,
      prices: builtInPrices(),
      taskCode: null,
      now,
      progress: () => {},
    });
  } finally {
    engine.close();
  }
  await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
  return await readRecord(folder);
}

/** Runs a record against the stage without waiting anywhere. */
export async function run(
  stage: Stage,
  record: PlanRecord,
  calls: S3Calls = stage.calls,
): Promise<RunOutcome> {
  return await runDirect({
    record: await readRecord(record.folder),
    calls,
    progress: () => {},
    pause: async () => {},
    isStopped: () => false,
  });
}
