import { createHash } from 'node:crypto';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTCOME_COLUMNS } from '../execute/outcome-file.ts';
import { readEndedRun } from '../execute/outcome-rows.ts';
import { type PlanRecord, writtenBucket } from '../execute/record.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { InventorySource } from '../inventory/source.ts';
import { planDigest, rollbackIdOf } from '../plan/digest.ts';
import { estimatePlan } from '../plan/estimate.ts';
import type {
  Check,
  ClassCount,
  PlanInputs,
  PlanInventory,
  PlanManifest,
  RollbackPlan,
} from '../plan/plan-file.ts';
import type { PriceTable } from '../plan/prices.ts';
import { renderRollbackTemplate } from '../plan/template.ts';
import { formatManifestLine } from '../s3/manifest.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { MODE_CLASSES, SCENARIO_OPERATIONS, scenarioOf } from '../s3/rollback.ts';
import { UNDO_SCENARIOS, type UndoScenario, undoRows } from './undo-rows.ts';

type UndoManifest = PlanManifest & { scenario: UndoScenario; objectBytes: number };

const WRITE_CHARACTERS = 262_144;
/** Nothing is charted: an undo rests on the record, not on an inventory. */
const NO_ACTIVITY = { intervalSeconds: 60, intervals: [] };

/**
 * Makes the plan that takes a run back (semantics, section 6), from its record alone: no inventory and no request.
 * It goes back to the moment at which the run was started, and it is a plan like any other, so it can be undone too.
 * plan.json and comment.md are the caller's to write, from the plan that comes back.
 * @param folder an empty folder that becomes the plan folder
 * @throws RunbookError RECORD_NOT_RUN, OUTCOMES_DAMAGED
 */
export async function buildUndo(
  folder: string,
  record: PlanRecord,
  options: { prices: PriceTable; taskCode: string | null; now: Date },
): Promise<RollbackPlan> {
  const run = await readEndedRun(record);
  await mkdir(join(folder, 'manifests'));
  const written: UndoManifest[] = [];
  for (const scenario of UNDO_SCENARIOS) {
    const manifest = await writeManifest(folder, record, run, scenario);
    if (manifest !== null) written.push(manifest);
  }
  const manifests: PlanManifest[] = written.map(({ objectBytes: _bytes, ...manifest }) => manifest);
  const inputs = undoInputs(record, run);
  const classes = undoClasses(record, written);
  const inventory = await undoInventory(record, run, classes);
  const rollbackId = rollbackIdOf(inputs, inventory.sha256);
  const template = await writeTemplate(folder, rollbackId, inputs, inventory, manifests, options.taskCode);
  const covered = {
    schemaVersion: 1 as const,
    rollbackId,
    origin: 'undo' as const,
    inputs,
    inventory,
    classes,
    manifests,
    undoManifests: [],
    reviewLists: [],
    sql: [],
    template,
  };
  return {
    ...covered,
    digest: planDigest(covered),
    createdAt: formatInstant(options.now),
    samples: [],
    activity: NO_ACTIVITY,
    topPrefixes: [],
    estimate: estimatePlan(
      {
        mode: inputs.mode,
        entries: inventory.entries,
        entriesInScope: inventory.entriesInScope,
        keysInScope: inventory.keysInScope,
        inventoryBytes: inventory.bytes,
        storageClass: inputs.storageClass,
        crossRegion: false,
        scenarios: written.map(({ scenario, keys, rows, objectBytes }) => ({
          scenario,
          keys,
          rows,
          bytes: objectBytes,
          byStorageClass: [],
        })),
      },
      options.prices,
    ),
    checks: undoChecks(record, run),
  };
}

async function writeManifest(
  folder: string,
  record: PlanRecord,
  run: RunOutcome,
  scenario: UndoScenario,
): Promise<UndoManifest | null> {
  const path = `manifests/scenario${scenario}.csv`;
  const hash = createHash('sha256');
  let file: Awaited<ReturnType<typeof open>> | null = null;
  let [rows, bytes, objectBytes, text] = [0, 0, 0, ''];
  const flush = async () => {
    file ??= await open(join(folder, path), 'w');
    hash.update(text);
    bytes += Buffer.byteLength(text);
    await file.appendFile(text);
    text = '';
  };
  try {
    for await (const row of undoRows(record, run, scenario)) {
      rows += 1;
      objectBytes += row.size ?? 0;
      text += `${formatManifestLine(row)}\n`;
      if (text.length >= WRITE_CHARACTERS) await flush();
    }
    if (text !== '') await flush();
  } finally {
    await (file as Awaited<ReturnType<typeof open>> | null)?.close();
  }
  if (rows === 0) return null;
  const sha256 = `sha256:${hash.digest('hex')}`;
  // An undo has one row a key.
  return {
    scenario,
    operation: SCENARIO_OPERATIONS[scenario],
    keys: rows,
    path,
    rows,
    bytes,
    sha256,
    objectBytes,
  };
}

/** The run's own inputs, but for where it wrote to and what an undo always does. */
function undoInputs({ plan }: PlanRecord, run: RunOutcome): PlanInputs {
  // The way back is guarded, whoever copied and whatever was copied over.
  const { copyWith: _copyWith, overwrite: _overwrite, ...inputs } = plan.inputs;
  return {
    ...inputs,
    bucket: writtenBucket(plan),
    destinationBucket: null,
    timestamp: run.startedAt,
    mode: 'bucket-rollback',
    scenarios: [...UNDO_SCENARIOS],
    storageClass: 'as-source',
    markers: 'remove',
    includeUncertain: [],
  };
}

/** Every planned key of the run is in one class: what is taken back, and the rest, which the run left alone. */
function undoClasses({ plan }: PlanRecord, manifests: readonly UndoManifest[]): ClassCount[] {
  const planned = plan.manifests.reduce((total, { keys }) => total + keys, 0);
  const undone = manifests.reduce((total, { keys }) => total + keys, 0);
  return MODE_CLASSES['bucket-rollback'].map((name) => {
    const scenario = scenarioOf('bucket-rollback', name);
    const own = manifests.find((manifest) => manifest.scenario === scenario);
    const keys = own?.keys ?? (name === 'unchanged' ? planned - undone : 0);
    return { class: name, scenario, keys, entries: keys, bytes: own?.objectBytes ?? 0 };
  });
}

/** The outcomes take the place of the inventory. */
async function undoInventory(
  { folder }: PlanRecord,
  run: RunOutcome,
  classes: readonly ClassCount[],
): Promise<PlanInventory> {
  const sizes = await Promise.all(
    run.scenarios.map(async ({ path }) => (await stat(join(folder, path))).size),
  );
  const keys = classes.reduce((total, row) => total + row.keys, 0);
  return {
    format: 'csv',
    location: join(folder, 'outcomes'),
    files: run.scenarios.length,
    bytes: sizes.reduce((total, size) => total + size, 0),
    sha256: sha256OfText(
      run.scenarios
        .map(({ sha256 }) => sha256)
        .toSorted()
        .join('\n'),
    ),
    takenAt: run.finishedAt,
    order: 'ordinal',
    entries: keys,
    entriesInScope: keys,
    keysInScope: keys,
    newestEntry: run.finishedAt,
  };
}

async function writeTemplate(
  folder: string,
  rollbackId: string,
  inputs: PlanInputs,
  inventory: PlanInventory,
  manifests: readonly PlanManifest[],
  taskCode: string | null,
): Promise<RollbackPlan['template']> {
  const source: InventorySource = {
    format: 'csv',
    location: inventory.location,
    files: [{ path: inventory.location, bytes: inventory.bytes, expectedMd5: null }],
    sourceColumns: OUTCOME_COLUMNS.map((name) => ({ name, type: 'VARCHAR' })),
    columns: {},
    order: 'ordinal',
    csv: { hasHeader: true, compression: 'none' },
    takenAt: new Date(inventory.takenAt ?? 0),
    sourceBucket: inputs.bucket,
  };
  const text = await renderRollbackTemplate({
    rollbackId,
    database: rollbackId.replaceAll('-', '_'),
    ...{ inputs, source, queries: [] },
    manifests,
    taskCode,
  });
  await writeFile(join(folder, 'template.yaml'), text);
  return { path: 'template.yaml', sha256: sha256OfText(text) };
}

function undoChecks({ plan }: PlanRecord, run: RunOutcome): Check[] {
  const left = run.rows - run.outcomes.done;
  return [
    {
      code: 'UNDO_OF',
      level: 'info',
      message: `Takes back the run of ${plan.rollbackId} that began at ${run.startedAt}: ${run.outcomes.done} of its ${run.rows} rows. Keys that were written or deleted since are left alone.`,
      hint:
        left === 0
          ? 'nothing to do'
          : `${left} rows had not been done, so there is nothing to take back of them`,
    },
    {
      code: 'BUCKET_NOT_CHECKED',
      level: 'info',
      message: 'Planned from the record alone: versioning of the bucket is looked at when it runs.',
      hint: `aws s3api get-bucket-versioning --bucket ${writtenBucket(plan)}`,
    },
  ];
}
