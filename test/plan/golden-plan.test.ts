import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { runCommand } from '../cli/run-command.ts';

/**
 * What people get from the example inventory, whole, in every mode: a change in any file of a plan folder shows up here
 * as a difference to be looked at. `npx vitest run test/plan/golden-plan.test.ts -u` accepts it.
 */

const GOLDEN = join(import.meta.dirname, '../golden/plan');
const INVENTORY = join(import.meta.dirname, '../../examples/inventory.csv');
const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** One line a plan: its name, and the options beside inventory, bucket, time and folder. */
const PLANS: [name: string, options: string[]][] = [
  ['bucket-rollback', []],
  ['delete-marker-removal', ['--mode', 'delete-marker-removal', '--prefix', 'images/']],
  ['copy-to-bucket', ['--mode', 'copy-to-bucket', '--destination-bucket', 'example-copy']],
];

async function makePlan(name: string, options: string[]): Promise<string> {
  const out = join(tmpdir(), `s3-rewind-golden-${process.pid}-${name}`);
  folders.push(out);
  const required = [
    '--inventory',
    INVENTORY,
    '--bucket',
    'example-bucket',
    '--timestamp',
    '2025-08-22T11:01:00Z',
  ];
  const { status } = await runCommand('plan', ...required, ...options, '--out', out, '--quiet');
  expect(status).toBe(0);
  return out;
}

/** Every file of a plan folder, by its path in it. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const CODE = /( ZipFile: \|[^\n]*\n)(?: {10}.*\n|\n)+/;

/** The code of the task function has tests of its own: here it would show up with every change of it. */
function withoutCode(text: string, { template, digest }: RollbackPlan): string {
  const hide = (settled: string, [hash, name]: [string, string]) =>
    settled
      .replaceAll(hash, name.padEnd(hash.length, '0'))
      .replaceAll(hash.slice(0, 12), name.padEnd(12, '0'));
  const hashes: [string, string][] = [
    [template.sha256.replace('sha256:', ''), '7e3'],
    [digest.replace('sha256:', ''), 'd19'],
  ];
  return hashes.reduce(hide, text).replace(CODE, '$1          // the code of the task function\n');
}

describe.each(PLANS)('the plan of the example: %s', (name, options) => {
  test('is the golden one, file by file', async () => {
    const folder = await makePlan(name, options);
    const made = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as RollbackPlan;
    expect(await readFile(join(folder, 'template.yaml'), 'utf8')).toMatch(CODE);
    const files = await filesOf(folder);
    await expect(`${files.join('\n')}\n`).toMatchFileSnapshot(join(GOLDEN, name, 'files.txt'));
    for (const path of files) {
      const text = withoutCode(await readFile(join(folder, path), 'utf8'), made);
      if (path === 'plan.json') {
        const plan = JSON.parse(text) as RollbackPlan;
        expect(plan.inventory.location).toBe(INVENTORY);
        const settled = { ...plan, createdAt: '', inventory: { ...plan.inventory, location: '' } };
        await expect(`${JSON.stringify(settled, null, 2)}\n`).toMatchFileSnapshot(join(GOLDEN, name, path));
        continue;
      }
      // The Athena text differs from DuckDB's in its dialect alone: one mode shows how, the template holds the rest.
      if (path.endsWith('.athena.sql') && name !== 'bucket-rollback') continue;
      const settled = text
        .replace(/^- Created \d.* UTC$/m, '- Created 0000-00-00 00:00:00 UTC')
        .replace(/, made \d[-\d: ]* UTC from /, ', made 0000-00-00 00:00:00 UTC from ');
      await expect(settled).toMatchFileSnapshot(join(GOLDEN, name, path));
    }
  });
});
