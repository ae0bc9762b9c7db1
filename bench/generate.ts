import { mkdir, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { KeyClass } from '../src/s3/rollback.ts';
import { fileStatements, prepareStatements } from './inventory-sql.ts';
import { expectedClasses, FORMATS, type Format, type Layout, planLayout } from './layout.ts';

/** The point in time of every generated inventory: the incident begins five minutes later. */
export const BENCH_POINT_IN_TIME = '2025-08-22T11:01:00Z';
export const BENCH_BUCKET = 'bench-bucket';

export type GenerateOptions = {
  entries: number;
  format: Format;
  /** Path of the file. With several files a number goes before its extension. */
  out: string;
  files?: number;
  /** Share of the keys that have entries after the point in time. */
  changed?: number;
  seed?: number;
};

export type GeneratedInventory = {
  files: string[];
  bytes: number;
  layout: Layout;
  /** Keys of each class that Bucket Rollback must find. */
  classes: Partial<Record<KeyClass, number>>;
};

/** Writes an inventory. The same options give the same bytes, as long as DuckDB stays at its version. */
export async function generateInventory(options: GenerateOptions): Promise<GeneratedInventory> {
  const { entries, format, out, files = 1, changed = 0.02, seed = 1 } = options;
  const layout = planLayout(entries, changed);
  await mkdir(dirname(out), { recursive: true });
  const inventory = { layout, format, bucket: BENCH_BUCKET, pointInTime: BENCH_POINT_IN_TIME, seed };
  const paths = Array.from({ length: files }, (_, index) => (files === 1 ? out : numberedPath(out, index)));

  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    for (const statement of prepareStatements(inventory)) await connection.run(statement);
    for (const [index, path] of paths.entries()) {
      const from = Math.floor((layout.keys * index) / files);
      const to = Math.floor((layout.keys * (index + 1)) / files);
      for (const statement of fileStatements(inventory, path, from, to)) await connection.run(statement);
    }
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return {
    files: paths,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    layout,
    classes: expectedClasses(layout, format),
  };
}

/** Parses a whole number above zero, with `_` between digits if wanted. */
export function parseCount(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above 0');
  return value;
}

/** Parses a share between 0 and 1. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('a share between 0 and 1');
  return value;
}

function numberedPath(path: string, index: number): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${String(index + 1).padStart(4, '0')}${extension}`;
}

if (import.meta.main) {
  const command = new Command('bench/generate.ts')
    .description('Writes an inventory for benchmarks. The same options give the same bytes.')
    .requiredOption('--entries <count>', 'number of version entries', parseCount)
    .addOption(new Option('--format <format>', 'format of the files').choices(FORMATS).makeOptionMandatory())
    .requiredOption('--out <file>', 'path of the file; several files get a number before the extension')
    .option('--files <count>', 'number of files', parseCount, 1)
    .option('--changed <share>', 'share of the keys with entries after the point in time', parseShare, 0.02)
    .option('--seed <number>', 'seed', parseCount, 1);
  const generated = await generateInventory(command.parse().opts<GenerateOptions>());
  process.stdout.write(`${JSON.stringify({ pointInTime: BENCH_POINT_IN_TIME, ...generated })}\n`);
}
