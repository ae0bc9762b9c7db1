import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlanRecord, readRecord } from '../../src/execute/record.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { buildUndo } from '../../src/undo/build-undo.ts';

/** Plans the way back from a run. @returns the record of the undo */
export async function undoRecord(parent: string, record: PlanRecord): Promise<PlanRecord> {
  const folder = await mkdtemp(join(parent, 'undo-'));
  const plan = await buildUndo(folder, record, { prices: builtInPrices(), taskCode: null, now: new Date() });
  await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
  return await readRecord(folder);
}
