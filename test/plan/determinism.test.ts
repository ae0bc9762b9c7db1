import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { planDigest } from '../../src/plan/digest.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { HISTORY, toCsv } from '../inventory/history.ts';
import { writeReport } from '../inventory/inventory-report.ts';
import { manifestsOf, type PlannedFolder, planOf } from '../inventory/plan-of.ts';

/** The same question has the same answer, byte for byte, and any other question has another digest. */

const scratch = scratchFolder();
let first: PlannedFolder;

function write(name: string, text: string): string {
  mkdirSync(join(scratch, name, '..'), { recursive: true });
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
}

const planFile = (plan: PlannedFolder) => JSON.parse(plan.files['plan.json'] ?? 'null') as RollbackPlan;

/** Every file but the two that say when and from where the plan was made. */
function covered(plan: PlannedFolder): Record<string, string> {
  return Object.fromEntries(
    Object.entries(plan.files).filter(([name]) => !['plan.json', 'comment.md', 'report.html'].includes(name)),
  );
}

beforeAll(async () => {
  first = await planOf(scratch, [write('inventory.csv', toCsv(HISTORY))]);
  expect(first.stderr).toBe('');
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the same question', () => {
  const AGAIN: [name: string, path: string, options: string[], clock: string | null][] = [
    ['asked again', 'inventory.csv', [], null],
    ['of a file with another name in another folder', "other place/it's [1].csv", [], null],
    ['on another day', 'inventory.csv', [], '2031-02-03T04:05:06Z'],
    ['with other resources', 'inventory.csv', ['--threads', '1', '--memory-limit', '300MB'], null],
    [
      'with the defaults spelled out',
      'inventory.csv',
      [
        '--mode',
        'bucket-rollback',
        '--multipart-window',
        '24h',
        '--scenarios',
        '3c,1,2,3a,3b',
        '--markers',
        'remove',
        '--storage-class',
        'as-source',
      ],
      null,
    ],
    ['with the duration in another unit', 'inventory.csv', ['--multipart-window', '1440m'], null],
    ['with the time in another offset', 'inventory.csv', ['--timestamp', '2025-08-22T13:01:00+02:00'], null],
  ];

  it.each(AGAIN)('%s has the same digest and the same bytes', async (_name, path, options, clock) => {
    if (clock !== null) vi.useFakeTimers({ toFake: ['Date'], now: new Date(clock) });
    const plan = await planOf(scratch, [write(path, toCsv(HISTORY))], ...options);
    expect(covered(plan)).toEqual(covered(first));
    expect(planFile(plan).digest).toBe(planFile(first).digest);
    expect(planFile(plan).rollbackId).toBe(planFile(first).rollbackId);
  });

  it('of prefixes in another order, and twice', async () => {
    const inventory = [join(scratch, 'inventory.csv')];
    const one = await planOf(scratch, inventory, '--prefix', 'docs/', '--prefix', 'vast');
    const other = await planOf(scratch, inventory, '--prefix', 'vast', 'docs/', 'vast');
    expect(planFile(other).digest).toBe(planFile(one).digest);
    expect(covered(other)).toEqual(covered(one));
  });

  it('of a report that was synchronised to another place', async () => {
    const plans = [];
    for (const place of ['here', 'there/deeper']) {
      plans.push(await planOf(scratch, [await writeReport(join(scratch, place), 'CSV', [HISTORY])]));
    }
    const [here, there] = plans.map((plan) => planFile(plan).digest);
    expect(here).toBe(there);
  });
});

describe('rows in another order', () => {
  const ORDERS: [name: string, rows: typeof HISTORY][] = [
    ['backwards', HISTORY.toReversed()],
    [
      'shuffled',
      HISTORY.map((_, index) => HISTORY[(index * 5) % HISTORY.length]).filter((row) => row !== undefined),
    ],
  ];

  it.each(ORDERS)('%s: the same lists, of another inventory', async (_name, rows) => {
    expect(rows).toHaveLength(HISTORY.length);
    const plan = await planOf(scratch, [write('shuffled.csv', toCsv(rows))]);
    expect(manifestsOf(plan)).toEqual(manifestsOf(first));
    expect(planFile(plan).digest).not.toBe(planFile(first).digest);
  });
});

describe('another question', () => {
  const OTHERS: [name: string, options: string[]][] = [
    ['point in time', ['--timestamp', '2025-08-22T11:00:59Z']],
    ['prefix', ['--prefix', 'docs/']],
    ['mode', ['--mode', 'delete-marker-removal']],
    ['copy to a bucket', ['--mode', 'copy-to-bucket', '--destination-bucket', 'copy-bucket']],
    ['another destination', ['--mode', 'copy-to-bucket', '--destination-bucket', 'copy-bucket-2']],
    ['scenarios', ['--scenarios', '2']],
    ['storage class', ['--storage-class', 'STANDARD_IA']],
    ['KMS key', ['--kms-key-arn', 'arn:aws:kms:eu-west-1:111122223333:key/abc']],
    ['markers', ['--markers', 'copy']],
    ['multipart window', ['--multipart-window', '0s']],
    ['lifecycle', ['--noncurrent-expiration-days', '36500']],
    ['uncertain classes', ['--include-uncertain', 'ambiguous']],
  ];
  const seen = new Map<string, string>();

  it.each(OTHERS)('%s: another digest and another ID', async (name, options) => {
    const plan = await planOf(scratch, [join(scratch, 'inventory.csv')], ...options);
    const { digest, rollbackId } = planFile(plan);
    expect(rollbackId).not.toBe(planFile(first).rollbackId);
    expect(digest).not.toBe(planFile(first).digest);
    expect(seen.get(digest)).toBeUndefined();
    seen.set(digest, name);
  });

  it('one byte of the inventory that no list shows', async () => {
    const text = toCsv(HISTORY).replace('9dd4', '9dd5');
    const plan = await planOf(scratch, [write('changed.csv', text)]);
    expect(manifestsOf(plan)).toEqual(manifestsOf(first));
    expect(planFile(plan).digest).not.toBe(planFile(first).digest);
  });
});

describe('the digest', () => {
  const fake = `sha256:${'0'.repeat(64)}`;
  const doctored: [name: string, change: (plan: RollbackPlan) => void][] = [
    ['a manifest', (plan) => Object.assign(plan.manifests[0] ?? {}, { sha256: fake })],
    ['the rows of a manifest', (plan) => Object.assign(plan.manifests[0] ?? {}, { rows: 999 })],
    ['the path of a manifest', (plan) => Object.assign(plan.manifests[0] ?? {}, { path: '../x.csv' })],
    ['an undo manifest', (plan) => Object.assign(plan.undoManifests[0] ?? {}, { sha256: fake })],
    ['SQL', (plan) => Object.assign(plan.sql[0] ?? {}, { sha256: fake })],
    ['the template', (plan) => Object.assign(plan.template, { sha256: fake })],
    ['the inventory', (plan) => Object.assign(plan.inventory, { sha256: fake })],
    ['a count', (plan) => Object.assign(plan.classes[0] ?? {}, { keys: 999 })],
    ['the bucket', (plan) => Object.assign(plan.inputs, { bucket: 'other-bucket' })],
    ['the origin', (plan) => Object.assign(plan, { origin: 'undo' })],
  ];
  const informative: typeof doctored = [
    ['when the plan was made', (plan) => Object.assign(plan, { createdAt: '2001-01-01T00:00:00Z' })],
    ['where the inventory lay', (plan) => Object.assign(plan.inventory, { location: 'elsewhere' })],
    ['samples', (plan) => Object.assign(plan, { samples: [] })],
    ['checks', (plan) => Object.assign(plan, { checks: [] })],
  ];

  it('is that of the plan as it was read back', () => {
    const plan = planFile(first);
    expect(planDigest(plan)).toBe(plan.digest);
  });

  it.each(doctored)('changes with %s', (_name, change) => {
    const plan = planFile(first);
    change(plan);
    expect(planDigest(plan)).not.toBe(plan.digest);
  });

  it.each(informative)('does not cover %s', (_name, change) => {
    const plan = planFile(first);
    change(plan);
    expect(planDigest(plan)).toBe(plan.digest);
  });
});
