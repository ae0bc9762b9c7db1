import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { BENCH_BUCKET, BENCH_POINT_IN_TIME, generateInventory } from '../../bench/generate.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { BUCKET, HISTORY, POINT_IN_TIME, toCsv } from '../inventory/history.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { listAll, scratchFolder } from './scratch-folder.ts';

/** A disk that fills up in the middle: DISK_FULL, and the disk is as empty as before. */

const scratch = scratchFolder();

/** A file system of this size in memory, if this machine lets us mount one. */
function mountSmallDisk(size: string): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const folder = join(scratch, `disk of ${size}`);
  mkdirSync(folder);
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  } catch {
    return null;
  }
  afterAll(() => run('umount', '--lazy', folder));
  return folder;
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

function expectDiskFull(result: CommandResult, disk: string): void {
  expect(result.stderr).toMatch(/^DISK_FULL: .*\nNext: free space, or point .*--out at another disk/);
  expect(JSON.parse(result.stdout).error.code).toBe('DISK_FULL');
  expect(result.status).toBe(1);
  expect(listAll(disk)).toEqual([]);
}

const tiny = mountSmallDisk('64k');
const small = mountSmallDisk('1m');

describe('a disk that fills up', () => {
  it.skipIf(tiny === null)('while Node.js writes', async () => {
    const disk = tiny ?? '';
    const path = join(scratch, 'inventory.csv');
    writeFileSync(path, toCsv(HISTORY));
    const options = ['--inventory', path, '--bucket', BUCKET, '--timestamp', POINT_IN_TIME];
    const result = await runCommand('plan', ...options, '--out', join(disk, 'out'), '--quiet', '--json');
    expectDiskFull(result, disk);
  });

  it.skipIf(small === null)('while DuckDB writes', async () => {
    const disk = small ?? '';
    const path = join(scratch, 'large.csv');
    await generateInventory({ entries: 60_000, format: 'csv', out: path, changed: 0.9 });
    const options = ['--inventory', path, '--bucket', BENCH_BUCKET, '--timestamp', BENCH_POINT_IN_TIME];
    const result = await runCommand('plan', ...options, '--out', join(disk, 'out'), '--quiet', '--json');
    expectDiskFull(result, disk);
  });

  it.skipIf(!existsSync('/dev/full'))('as the engine reports it', async () => {
    const engine = await openDuckDb({ workFolder: scratch, memoryLimit: '100MB' });
    const copy = engine.run(
      "COPY (SELECT * FROM range(100000)) TO '/dev/full' (FORMAT csv, USE_TMP_FILE false)",
    );
    await expect(copy).rejects.toMatchObject({
      code: 'DISK_FULL',
      hint: expect.stringContaining('--work-dir'),
    });
    engine.close();
  });
});
