import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { readRecord } from '../execute/record.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import { builtInPrices } from '../plan/prices.ts';
import { bundleTaskCode } from '../render/task-code.ts';
import { writeReview } from '../review/review-files.ts';
import { buildUndo } from '../undo/build-undo.ts';
import { planSummary } from './plan-summary.ts';
import { writeJson, writeOut } from './terminal.ts';
import type { UndoOptions } from './undo.ts';

/** The `undo` command: from the record of a run to the plan folder that takes it back. */
export async function runUndo(options: UndoOptions): Promise<void> {
  const record = await readRecord(options.record);
  const folder = await stageFolder(options.out, null);
  try {
    const plan = await buildUndo(folder.path, record, {
      prices: builtInPrices(),
      taskCode: await bundleTaskCode(),
      now: new Date(),
    });
    await writeFile(join(folder.path, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
    await writeReview(folder.path, plan);
    await folder.commit();
    const out = relative(process.cwd(), options.out) || '.';
    const { rollbackId, digest: planDigest, inputs, classes, manifests, checks } = plan;
    if (options.json) {
      const result = { command: 'undo', record: out, of: options.record, rollbackId, planDigest };
      writeJson({ ...result, inputs, classes, manifests, checks });
    } else {
      writeOut(planSummary(plan, out));
    }
  } finally {
    await folder.discard();
  }
}
