import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { ENVIRONMENT, openWorkplace, type Workplace } from '../test/actions/step.ts';
import { RECORDS } from '../test/aws-end-to-end/account.ts';
import { BENCH_BUCKET, BENCH_POINT_IN_TIME, generateInventory, parseCount } from './generate.ts';

/**
 * How long the action `plan` takes from the counts being known to the comment, with S3 and GitHub on loopback:
 * `node bench/comment.ts --entries 2_000_000`. Every key of the inventory has changed.
 */

const MICROSECONDS = 1_000_000;
const LOOK_MS = 20;

type Mark = { what: string; seconds: number; cpuSeconds: number };

const program = new Command().requiredOption('--entries <n>', 'entries of the inventory', parseCount).parse();
const { entries } = program.opts<{ entries: number }>();
const folder = await mkdtemp(join(tmpdir(), 's3-rewind-comment-'));
try {
  const out = join(folder, 'inventory.parquet');
  const { layout } = await generateInventory({ entries, format: 'parquet', out, changed: 1 });
  const place = await openWorkplace();
  try {
    const marks = await watchPlan(place, out);
    process.stdout.write(`${JSON.stringify({ entries, changedKeys: layout.changedKeys, marks }, null, 2)}\n`);
  } finally {
    await place.end();
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Runs the step, and notes when each thing is there for the first time. */
async function watchPlan(place: Workplace, inventory: string): Promise<Mark[]> {
  const started = performance.now();
  const marks: Mark[] = [];
  const mark = (what: string) => {
    if (marks.some((known) => known.what === what)) return;
    marks.push({ what, seconds: (performance.now() - started) / 1_000, cpuSeconds: cpuSeconds() });
  };
  const { comments } = place.github.state.repository('acme', 'data');
  place.account.sandbox.on('after', (operation) => {
    if (operation === 'PutObject') mark('first file of the record uploaded');
  });
  const look = setInterval(() => {
    // The lists are begun when the counts are known and conserved.
    if (holds(place.account.folder, 'manifests')) mark('counts known');
    if (holds(place.account.folder, 'plan.json')) mark('plan.json written');
    if (comments.length > 0) mark('comment posted');
  }, LOOK_MS);
  try {
    const asked = { bucket: BENCH_BUCKET, timestamp: BENCH_POINT_IN_TIME, inventory, executor: 'auto' };
    const shown = { 'record-bucket': RECORDS, environment: ENVIRONMENT };
    const { status, log } = await place.step(place.dispatch(), 'plan', { ...asked, ...shown });
    if (status !== 0) throw new Error(log);
  } finally {
    clearInterval(look);
  }
  mark('end of the step');
  return marks;
}

function holds(folder: string, name: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.name === name || (entry.isDirectory() && holds(join(folder, entry.name), name)),
  );
}

/** Of the step and of what it talks to, which are one process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}
