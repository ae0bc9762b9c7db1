import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ListLimits } from '../plan/athena-lists.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { type AthenaWork, assertNewRecord, planInDatabase } from './athena-database.ts';
import { type AthenaInventory, openAthenaInventory } from './athena-inventory.ts';
import type { AthenaSide } from './athena-side.ts';
import { type MakePlanOptions, makePlan } from './make-plan.ts';

/**
 * Makes a plan on Athena. At the end the folder is copied to the record, plan.json last.
 * @throws RunbookError whatever building the plan refuses; QUERY_*, ACCESS_DENIED, RECORD_EXISTS
 */
export async function makeAthenaPlan(
  folder: string,
  options: Omit<MakePlanOptions, 'site' | 'source'> & {
    side: AthenaSide;
    inventory: AthenaInventory;
    recordBucket: string;
    reason: string;
    signal: AbortSignal;
    limits?: Partial<ListLimits>;
  },
): Promise<RollbackPlan> {
  const { side, recordBucket, signal, inputs, limits } = options;
  const work: AthenaWork = {
    ...{ side, recordBucket, folder, signal, bucket: inputs.bucket, planFile: 'plan.json' },
    ...(limits === undefined ? {} : { limits }),
  };
  return planInDatabase(
    work,
    (place) => openAthenaInventory(place, options.inventory, inputs),
    async ({ engine, checksum: _checksum, ...made }) => {
      const plan = await makePlan(folder, {
        ...options,
        ...made,
        engine: () => ({ name: 'athena', reason: options.reason, ...engine.usage() }),
      });
      await writeRecord(work, plan.rollbackId);
      return plan;
    },
  );
}

/** Copies the plan folder into the record, plan.json last: a record without it is no record. */
async function writeRecord(work: AthenaWork, rollbackId: string): Promise<void> {
  const { side, folder, recordBucket, planFile } = work;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted((left, right) => Number(left === planFile) - Number(right === planFile));
  for (const path of paths) {
    const url = `s3://${recordBucket}/${rollbackId}/${path}`;
    const isPlan = path === planFile;
    const written = await side.objects.write(url, await readFile(join(folder, path)), { once: isPlan });
    if (!written) await assertNewRecord(work, rollbackId);
  }
}
