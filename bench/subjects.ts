import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyClass } from '../src/s3/rollback.ts';
import { BASELINES } from './baseline.ts';
import { BENCH_BUCKET, BENCH_POINT_IN_TIME } from './generate.ts';
import type { Format } from './layout.ts';
import {
  COMMAND_NODE_OPTIONS,
  type Measurement,
  measureScript,
  REPOSITORY,
  type TimedRun,
  timeScript,
} from './measure.ts';

/** What is run side by side over one inventory. */
export const SUBJECTS = ['plan', ...BASELINES] as const;
export type Subject = (typeof SUBJECTS)[number];

/** DuckDB's limit in the baselines; a plan runs with its own default unless a limit is given for all. */
const BASELINE_MEMORY_LIMIT = '1GB';

const CLI = 'src/cli.ts';

export type SubjectInput = {
  /** a file, or a folder of files */
  inventory: string;
  format: Format;
  /** a folder that does not exist yet */
  out: string;
  memoryLimit: string | undefined;
};

/**
 * Runs a subject once. @throws Error when it fails, with what it wrote to stderr; a benchmark of something that did
 * not work would be no figure.
 */
export async function measureSubject(subject: Subject, input: SubjectInput): Promise<Measurement> {
  const args = subject === 'plan' ? planArguments(input) : baselineArguments(subject, input);
  const measurement = await measureScript(args);
  if (measurement.exitCode === 0) return measurement;
  const lines = measurement.stderr.trim().split('\n').slice(-8).join('\n');
  throw new Error(`'${subject}' ended with exit code ${measurement.exitCode}:\n${lines}`);
}

/** Time from the start of the command line to its first output: its help, and a refusal of a missing file. */
export async function measureStart(out: string): Promise<Record<string, TimedRun>> {
  const missing = {
    inventory: join(out, 'missing.csv'),
    format: 'csv',
    out,
    memoryLimit: undefined,
  } as const;
  return {
    help: await timeScript([...cliArguments(), '--help']),
    'plan with a missing file': await timeScript(planArguments(missing)),
  };
}

/** Compares the classes of a plan with those that the inventory was made of; returns one line for each difference. */
export async function classDifferences(
  planFolder: string,
  expected: Partial<Record<KeyClass, number>>,
): Promise<string[]> {
  const plan = JSON.parse(await readFile(join(planFolder, 'plan.json'), 'utf8')) as {
    classes: { class: KeyClass; keys: number }[];
  };
  const found = Object.fromEntries(plan.classes.map(({ class: name, keys }) => [name, keys]));
  const names = new Set([...Object.keys(expected), ...Object.keys(found)] as KeyClass[]);
  return [...names]
    .filter((name) => (found[name] ?? 0) !== (expected[name] ?? 0))
    .map((name) => `${name}: ${found[name] ?? 0} keys in the plan, ${expected[name] ?? 0} in the inventory`);
}

function cliArguments(): string[] {
  if (!existsSync(join(REPOSITORY, CLI))) {
    throw new Error(
      `${CLI} does not exist, so no plan can be measured; leave it out with --subjects ${BASELINES}`,
    );
  }
  return [...COMMAND_NODE_OPTIONS, 'tools/on-node-24.mjs', CLI];
}

function planArguments({ inventory, out, memoryLimit }: SubjectInput): string[] {
  return [
    ...[...cliArguments(), 'plan', '--inventory', inventory, '--bucket', BENCH_BUCKET],
    ...['--timestamp', BENCH_POINT_IN_TIME, '--out', out, '--json'],
    ...(memoryLimit === undefined ? [] : ['--memory-limit', memoryLimit]),
  ];
}

function baselineArguments(baseline: string, input: SubjectInput): string[] {
  return [
    ...['bench/baseline.ts', baseline, '--inventory', input.inventory, '--format', input.format],
    ...['--timestamp', BENCH_POINT_IN_TIME, '--out', input.out],
    ...['--memory-limit', input.memoryLimit ?? BASELINE_MEMORY_LIMIT],
  ];
}
