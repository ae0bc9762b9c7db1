// Measures the direct executor against one request a key, on a sandbox with the latency of a nearby Region:
//
//   node bench/executor.ts [--rows 20000] [--latency 30] [--memory]
//
// --memory runs start-jobs, verify and undo over 10 thousand to 1 million rows and tells the memory that each needs at
// the peak.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openS3Client } from '../src/aws/client.ts';
import { openS3Calls } from '../src/aws/s3-calls.ts';
import { sleep } from '../src/execute/backoff.ts';
import { forEachConcurrently } from '../src/execute/concurrently.ts';
import { DEFAULT_REQUESTS_IN_FLIGHT, runDirect } from '../src/execute/direct.ts';
import { writeRecord } from '../test/execute/written-record.ts';
import { COMMAND_NODE_OPTIONS, measureScript } from './measure.ts';
import type { SandboxReply } from './sandbox-worker.ts';

const OPTIONS = {
  rows: { type: 'string', default: '20000' },
  latency: { type: 'string', default: '30' },
  memory: { type: 'boolean', default: false },
} as const;
const MEBIBYTE = 1_048_576;

type Measurement = { requests: number; seconds: number };
type Operation = 'add' | 'remove';

const { values } = parseArgs({ options: OPTIONS });
process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';

const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-'));
try {
  if (values.memory) await compareMemory();
  else await compareSpeed(Number(values.rows), Number(values.latency));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compareSpeed(rows: number, latencyMs: number): Promise<void> {
  print(`${rows} keys, ${latencyMs} ms a request, at most ${DEFAULT_REQUESTS_IN_FLIGHT} in flight`);
  const single = await measure('add', rows, latencyMs, oneRequestAKey);
  for (const operation of ['add', 'remove'] as const) {
    const own = await measure(operation, rows, latencyMs, runRecord);
    const fewer = (single.requests / own.requests).toFixed(1);
    const faster = (single.seconds / own.seconds).toFixed(1);
    print(
      `${operation} markers: ${describe(own)}; one request a key: ${describe(single)}; ${fewer} x fewer, ${faster} x faster`,
    );
  }
}

/** The command in a process of its own, as a user runs it; its peak is that of the whole process, Node.js included. */
async function compareMemory(): Promise<void> {
  for (const rows of [10_000, 100_000, 1_000_000]) {
    const store = await openStore('add', rows, 0);
    try {
      const record = await recordOf(store, 'add');
      const endpoint = ['--endpoint-url', store.endpoint, '--region', 'us-east-1', '--force-path-style'];
      const own = ['--record', record.folder];
      await tellMemory(rows, ['start-jobs', ...own, '--yes', '--quiet', ...endpoint]);
      await tellMemory(rows, ['verify', ...own, '--quiet', ...endpoint]);
      await tellMemory(rows, ['undo', ...own, '--out', join(folder, `undo-${rows}`)]);
    } finally {
      await store.close();
    }
  }
}

async function tellMemory(rows: number, args: readonly string[]): Promise<void> {
  const run = await measureScript([...COMMAND_NODE_OPTIONS, 'src/cli.ts', ...args]);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  const [peak, wall, cpu] = [run.peakBytes / MEBIBYTE, run.wallSeconds, run.cpuSeconds];
  print(
    `${rows} rows, ${args[0]}: ${peak.toFixed(0)} MiB at the peak, ${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU`,
  );
}

type Store = {
  endpoint: string;
  entries: SandboxReply['entries'];
  requests(): Promise<number>;
  close(): Promise<unknown>;
};

/** A store in a thread of its own: its memory and its work are not those of the executor. */
async function openStore(operation: Operation, rows: number, latencyMs: number): Promise<Store> {
  const worker = new Worker(new URL('sandbox-worker.ts', import.meta.url), {
    workerData: { operation, rows, latencyMs },
  });
  const ask = (message: string) =>
    new Promise<SandboxReply>((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(message);
    });
  const { endpoint, entries } = await ask('start');
  return {
    endpoint,
    entries,
    requests: async () => (await ask('count')).requests,
    close: () => worker.terminate(),
  };
}

async function measure(
  operation: Operation,
  rows: number,
  latencyMs: number,
  prepare: (store: Store, operation: Operation) => Promise<() => Promise<void>>,
): Promise<Measurement> {
  const store = await openStore(operation, rows, latencyMs);
  try {
    const run = await prepare(store, operation);
    const began = performance.now();
    await run();
    const seconds = (performance.now() - began) / 1000;
    return { requests: await store.requests(), seconds };
  } finally {
    await store.close();
  }
}

async function recordOf({ entries }: Store, operation: Operation) {
  const rows = entries.map(({ key, versionId }) => ({
    bucket: 'data',
    key,
    versionId: operation === 'add' ? null : versionId,
    currentVersionId: versionId,
    size: null,
    storageClass: null,
  }));
  return await writeRecord(folder, { [operation === 'add' ? '1' : '2']: rows });
}

function callsOf(endpoint: string) {
  return openS3Calls(openS3Client({ endpointUrl: endpoint, region: 'us-east-1', forcePathStyle: true }));
}

async function runRecord(store: Store, operation: Operation): Promise<() => Promise<void>> {
  const record = await recordOf(store, operation);
  return async () => {
    const { outcomes, rows } = await runDirect({
      record,
      calls: callsOf(store.endpoint),
      progress: () => {},
      pause: sleep,
      isStopped: () => false,
    });
    if (outcomes.done !== rows) throw new Error(`only ${outcomes.done} of ${rows} rows were done`);
  };
}

async function oneRequestAKey({ endpoint, entries }: Store): Promise<() => Promise<void>> {
  const calls = callsOf(endpoint);
  return () =>
    forEachConcurrently(entries, DEFAULT_REQUESTS_IN_FLIGHT, async ({ key }) => {
      await calls.addMarkers('data', [{ key, ifMatch: null }]);
    });
}

function describe({ requests, seconds }: Measurement): string {
  return `${requests} requests, ${seconds.toFixed(1)} s`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
