// Measures a whole rollback, each command in a process of its own, on a sandbox with the latency of a nearby Region:
//
//   npm run bench:end-to-end -- [--entries 1000000] [--changed 5000] [--latency 30]
//
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { formatMachine } from './figures.ts';
import type { IncidentInput, IncidentReply } from './incident-worker.ts';
import { measureScript } from './measure.ts';

const OPTIONS = {
  entries: { type: 'string', default: '1000000' },
  changed: { type: 'string', default: '5000' },
  latency: { type: 'string', default: '30' },
} as const;
const POINT_IN_TIME = '2025-08-22T11:01:00Z';
const MAX_SECONDS = 120;
/** The bucket lives in the memory of the worker. */
const WORKER_MEMORY_MB = 8192;

const { values } = parseArgs({ options: OPTIONS });
process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';

const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-'));
const store = openStore({
  entries: Number(values.entries),
  changedKeys: Number(values.changed),
  latencyMs: Number(values.latency),
  pointInTime: POINT_IN_TIME,
});
try {
  await measureRollback();
} finally {
  await store.close();
  await rm(folder, { recursive: true, force: true });
}

async function measureRollback(): Promise<void> {
  const { endpoint, entries } = await store.ask();
  print(formatMachine());
  print(`${entries} version entries, ${values.changed} keys changed, ${values.latency} ms a request`);
  const [inventory, record] = [join(folder, 'versions.parquet'), join(folder, 'plan')];
  const bucket = ['--bucket', 'data'];
  const there = ['--endpoint-url', endpoint, '--region', 'us-east-1', '--force-path-style'];
  const plan = ['--inventory', inventory, '--timestamp', POINT_IN_TIME, '--out', record];
  const stages: [name: string, args: string[]][] = [
    ['list', ['inventory', ...bucket, '--out', inventory, ...there]],
    ['plan', ['plan', ...bucket, ...plan]],
    ['roll back', ['start-jobs', '--record', record, '--yes', ...there]],
    ['verify, with a fresh listing', ['verify', '--record', record, '--list', ...there]],
  ];
  let total = 0;
  for (const [name, args] of stages) {
    const { wallSeconds, cpuSeconds, peakBytes, exitCode, stdout, stderr } = await measureScript([
      'src/cli.ts',
      ...args,
      '--quiet',
    ]);
    if (exitCode !== 0) throw new Error(`${name} ended with status ${exitCode}: ${stdout}${stderr}`);
    const { requests } = await store.ask();
    total += wallSeconds;
    const cells = [`${wallSeconds.toFixed(1)} s`, `${cpuSeconds.toFixed(1)} s of CPU`];
    const memory = `${(peakBytes / 1e9).toFixed(2)} GB at the peak`;
    print(`${name.padEnd(30)}${[...cells, memory, `${requests} requests`].join(', ')}`);
  }
  const verdict = total <= MAX_SECONDS ? 'holds' : 'MISSED';
  print(`${'in all'.padEnd(30)}${total.toFixed(1)} s (aim: at most ${MAX_SECONDS} s; ${verdict})`);
}

function openStore(input: IncidentInput) {
  const worker = new Worker(new URL('incident-worker.ts', import.meta.url), {
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: WORKER_MEMORY_MB },
  });
  return {
    ask: () =>
      new Promise<IncidentReply>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.postMessage('tell');
      }),
    close: () => worker.terminate(),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
