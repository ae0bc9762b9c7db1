import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command, Option } from 'commander';
import { openDuckDb } from '../src/engine/duckdb.ts';
import { inventoryFiles, scanQuery, scenarioStatements } from './baseline-sql.ts';
import { FORMATS, type Format } from './layout.ts';

/** What a plan is measured against; each runs in a process of its own, on the engine that plans run on. */
export const BASELINES = ['scan', 'scenarios'] as const;
export type Baseline = (typeof BASELINES)[number];

type BaselineOptions = {
  inventory: string;
  format: Format;
  timestamp: string;
  out: string;
  memoryLimit: string;
};

/** Runs one baseline over an inventory; the scenarios leave their rows in the folder `out`. */
async function runBaseline(baseline: Baseline, options: BaselineOptions): Promise<void> {
  const files = inventoryFiles(options.inventory);
  await mkdir(options.out, { recursive: true });
  const engine = await openDuckDb({
    workFolder: join(options.out, 'work'),
    memoryLimit: options.memoryLimit,
  });
  try {
    if (baseline === 'scan') {
      const [counts] = await engine.rows(scanQuery(files, options.format));
      process.stdout.write(`${JSON.stringify(counts)}\n`);
    } else {
      for (const statement of scenarioStatements(files, options.format, options.timestamp, options.out)) {
        await engine.run(statement);
      }
    }
  } finally {
    engine.close();
  }
}

if (import.meta.main) {
  const command = new Command('bench/baseline.ts');
  for (const baseline of BASELINES) {
    command
      .command(baseline)
      .requiredOption('--inventory <path>')
      .addOption(new Option('--format <format>').choices(FORMATS).makeOptionMandatory())
      .requiredOption('--timestamp <time>')
      .requiredOption('--out <folder>')
      .requiredOption('--memory-limit <size>')
      .action((options: BaselineOptions) => runBaseline(baseline, options));
  }
  await command.parseAsync();
}
