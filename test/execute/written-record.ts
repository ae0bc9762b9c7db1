import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlanRecord, readRecord } from '../../src/execute/record.ts';
import { sha256OfText } from '../../src/inventory/checksum.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import type { Check, RollbackPlan } from '../../src/plan/plan-file.ts';
import { formatManifestLine, type PlannedRow } from '../../src/s3/manifest.ts';
import { SCENARIO_OPERATIONS, type Scenario } from '../../src/s3/rollback.ts';
import { BUCKET, P } from './harness.ts';

const NO_FILE = sha256OfText('');

/** A planned row of the test's bucket; what is left out is empty. */
export function row(key: string, fields: Partial<PlannedRow> = {}): PlannedRow {
  return {
    bucket: BUCKET,
    key,
    versionId: null,
    currentVersionId: null,
    size: null,
    storageClass: null,
    ...fields,
  };
}

/** Writes a record with these manifests, its digest right, without an inventory: in a millisecond, and doctored at will. */
export async function writeRecord(
  parent: string,
  manifests: Partial<Record<Scenario, readonly PlannedRow[]>>,
  options: { inputs?: Partial<RawPlanInputs>; checks?: Check[] } = {},
): Promise<PlanRecord> {
  const folder = await mkdtemp(join(parent, 'record-'));
  await mkdir(join(folder, 'manifests'));
  const files: RollbackPlan['manifests'] = [];
  for (const [name, rows] of Object.entries(manifests)) {
    const scenario = name as Scenario;
    const text = rows.map((planned) => `${formatManifestLine(planned)}\n`).join('');
    const path = `manifests/scenario${scenario}.csv`;
    await writeFile(join(folder, path), text);
    files.push({
      scenario,
      operation: SCENARIO_OPERATIONS[scenario],
      keys: new Set(rows.map(({ key }) => key)).size,
      path,
      rows: rows.length,
      bytes: Buffer.byteLength(text),
      sha256: sha256OfText(text),
    });
  }
  const keys = files.reduce((total, file) => total + file.keys, 0);
  const totals = { tasks: 0, costUsd: 0, seconds: 0 };
  const plan: RollbackPlan = {
    schemaVersion: 1,
    rollbackId: 'rb-test',
    digest: NO_FILE,
    createdAt: P,
    origin: 'rollback',
    inputs: parsePlanInputs({ bucket: BUCKET, timestamp: P, ...options.inputs }, new Date()),
    inventory: {
      format: 'csv',
      location: 'test',
      files: 1,
      bytes: 0,
      sha256: NO_FILE,
      takenAt: null,
      order: 'ordinal',
      entries: keys,
      entriesInScope: keys,
      keysInScope: keys,
      newestEntry: null,
    },
    classes: [],
    manifests: files,
    undoManifests: [],
    reviewLists: [],
    sql: [],
    template: { path: 'template.yaml', sha256: NO_FILE },
    samples: [],
    activity: { intervalSeconds: 60, intervals: [] },
    topPrefixes: [],
    estimate: {
      prices: { name: '', region: '', asOf: '' },
      query: { bytesScanned: 0, costUsd: 0, seconds: 0 },
      scenarios: [],
      totals: { batch: totals, direct: totals, nativeCopy: null },
      extras: [],
    },
    checks: options.checks ?? [],
  };
  await writeFile(join(folder, 'plan.json'), JSON.stringify({ ...plan, digest: planDigest(plan) }));
  return await readRecord(folder);
}
