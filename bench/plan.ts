import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import {
  formatGrowth,
  formatInventory,
  formatMachine,
  formatStart,
  type InventoryFigures,
} from './figures.ts';
import { type GeneratedInventory, parseCount, parseShare } from './generate.ts';
import { FORMATS, type Format } from './layout.ts';
import { type Measurement, measureScript, medianRun, type TimedRun } from './measure.ts';
import { classDifferences, measureStart, measureSubject, SUBJECTS, type Subject } from './subjects.ts';

type BenchOptions = {
  entries: number[];
  format: Format[];
  subjects: Subject[];
  dir: string;
  keep?: true;
  runs: number;
  changed: number;
  memoryLimit?: string;
};

/** Parquet inventories of S3 come in several files; so do these, one for so many entries. */
const ENTRIES_PER_PARQUET_FILE = 5_000_000;

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Measures everything that is asked for and prints it, inventory by inventory. */
async function runBenchmark(options: BenchOptions): Promise<void> {
  print(`machine: ${formatMachine()}`);
  print(`median of ${options.runs}, page cache warm, order of the subjects alternating\n`);
  if (options.subjects.includes('plan')) print(`${formatStart(await startTimes(options))}\n`);
  const all: InventoryFigures[] = [];
  for (const entries of [...options.entries].sort((a, b) => a - b)) {
    for (const format of options.format) {
      const folder = join(options.dir, `${format}-${entries}-${options.changed}`);
      try {
        const inventory = await provideInventory(folder, format, entries, options.changed);
        const figures = await measureInventory(inventory, format, folder, options);
        all.push(figures);
        print(`${formatInventory(figures)}\n`);
      } finally {
        if (!options.keep) await rm(folder, { recursive: true, force: true });
      }
    }
  }
  const growth = formatGrowth(all);
  if (growth.length > 0) print(`growth of the plan\n${growth.map((line) => `  ${line}`).join('\n')}`);
}

async function measureInventory(
  inventory: GeneratedInventory,
  format: Format,
  folder: string,
  options: BenchOptions,
): Promise<InventoryFigures> {
  await warmPageCache(inventory.files);
  const path = inventory.files.length === 1 ? inventory.files[0] : dirname(inventory.files[0] ?? folder);
  const runs = new Map<Subject, Measurement[]>(options.subjects.map((subject) => [subject, []]));
  for (let run = 0; run < options.runs; run += 1) {
    const order = run % 2 === 0 ? options.subjects : options.subjects.toReversed();
    for (const subject of order) {
      const out = join(folder, `out-${subject}`);
      const input = { inventory: path ?? folder, format, out, memoryLimit: options.memoryLimit };
      runs.get(subject)?.push(await measureSubject(subject, input));
      if (subject === 'plan' && run === 0) {
        for (const line of await classDifferences(out, inventory.classes)) print(`DIFFERS: ${line}`);
      }
      await rm(out, { recursive: true, force: true });
    }
  }
  const medians = new Map([...runs].map(([subject, list]) => [subject, medianRun(list)]));
  return { format, layout: inventory.layout, files: inventory.files.length, bytes: inventory.bytes, medians };
}

/** Makes an inventory, or takes the one that `--keep` left; in a process of its own, so that its memory is given back. */
async function provideInventory(
  folder: string,
  format: Format,
  entries: number,
  changed: number,
): Promise<GeneratedInventory> {
  const description = join(folder, 'generated.json');
  if (existsSync(description)) return JSON.parse(await readFile(description, 'utf8'));
  await mkdir(folder, { recursive: true });
  const files = format === 'csv' ? 1 : Math.ceil(entries / ENTRIES_PER_PARQUET_FILE);
  const { exitCode, stdout, stderr } = await measureScript([
    ...['bench/generate.ts', '--entries', String(entries), '--format', format, '--files', String(files)],
    ...['--changed', String(changed), '--out', join(folder, 'inventory', `inventory.${format}`)],
  ]);
  if (exitCode !== 0) throw new Error(`the inventory could not be generated:\n${stderr}`);
  await writeFile(description, stdout);
  return JSON.parse(stdout);
}

async function warmPageCache(files: readonly string[]): Promise<void> {
  for (const file of files) {
    for await (const _chunk of createReadStream(file, { highWaterMark: 1 << 20 }));
  }
}

async function startTimes(options: BenchOptions): Promise<Record<string, TimedRun[]>> {
  const out = join(options.dir, 'out-start');
  const starts: Record<string, TimedRun[]> = {};
  for (let run = 0; run < options.runs; run += 1) {
    for (const [name, measurement] of Object.entries(await measureStart(out))) {
      starts[name] = [...(starts[name] ?? []), measurement];
    }
  }
  return starts;
}

function parseList<T extends string>(allowed: readonly T[]) {
  return (text: string): T[] =>
    text.split(',').map((name) => {
      const found = allowed.find((candidate) => candidate === name);
      if (found === undefined) throw new InvalidArgumentError(`any of ${allowed.join(', ')}`);
      return found;
    });
}

// Not import.meta.main: npm scripts import this file through tools/on-node-24.mjs, which sets the arguments.
if (process.argv[1] === import.meta.filename) {
  const command = new Command('npm run bench --')
    .description(
      'Measures whole plans against bare scans and against one scan per scenario, and prints ratios.',
    )
    .option(
      '--entries <counts>',
      'sizes, separated by commas',
      (text) => text.split(',').map(parseCount),
      [10_000_000],
    )
    .option('--format <formats>', FORMATS.join(','), parseList(FORMATS), [...FORMATS])
    .option('--subjects <names>', SUBJECTS.join(','), parseList(SUBJECTS), [...SUBJECTS])
    .option('--dir <folder>', 'where inventories and outputs go', join(tmpdir(), 's3-rewind-bench'))
    .option('--keep', 'keep the inventories, and use them again next time')
    .option('--runs <count>', 'runs of each; the median is shown', parseCount, 3)
    .option('--changed <share>', 'share of the keys with entries after the point in time', parseShare, 0.02)
    .option('--memory-limit <size>', 'limit of DuckDB for all subjects, for example 4GB');
  try {
    await runBenchmark(command.parse().opts<BenchOptions>());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
