// How fast the lister is: against a serial loop over the SDK, and on canned pages alone. Method: bench/lister.md.
//
//   npm run bench:lister -- [--entries 200000] [--serial-entries 50000] [--shapes flat,hashed,dated,skewed]
//   npm run bench:lister -- --memory [--entries 3000000]
//
// --memory lists buckets of growing size, each in a process of its own, and tells the memory that each needs at the peak.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { openS3Client } from '../src/aws/client.ts';
import { openVersionLister } from '../src/aws/list-versions.ts';
import { type ListPage, listBucket } from '../src/inventory/listing.ts';
import { COMMAND_NODE_OPTIONS, measureScript } from './measure.ts';

const LATENCY_MS = 30;
const PAGE = 1000;
const { values: options } = parseArgs({
  options: {
    entries: { type: 'string' },
    'serial-entries': { type: 'string', default: '50000' },
    shapes: { type: 'string', default: 'flat,hashed,dated,skewed' },
    concurrency: { type: 'string', default: '32' },
    memory: { type: 'boolean', default: false },
    // of a store whose bucket is listed once, and nothing else: the process that --memory measures
    endpoint: { type: 'string' },
  },
});
const entriesAsked = Number(options.entries ?? (options.memory ? 3_000_000 : 200_000));
process.env.AWS_ACCESS_KEY_ID ??= 'bench';
process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-'));
try {
  if (options.endpoint !== undefined) await listStore(options.endpoint, 'listed.parquet');
  else if (options.memory) await compareMemory();
  else {
    await measureCannedPages();
    for (const shape of options.shapes.split(',')) await measureShape(shape);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The lister without a network: every answer is there at once. What is left is one core's work. */
async function measureCannedPages(): Promise<void> {
  const pages = 500;
  const bodies = Array.from({ length: pages }, (_, page) => cannedPage(page, page === pages - 1));
  let at = 0;
  const listPage: ListPage = async () => bodies[at++] ?? '';
  const cpu = process.cpuUsage();
  const { entries, seconds } = await list(listPage, 'canned.parquet', 1);
  say('canned pages, to Parquet', entries, seconds, cpuText(process.cpuUsage(cpu)));
}

async function measureShape(shape: string): Promise<void> {
  const server = await startServer(shape, entriesAsked);
  const serialServer = await startServer(shape, Number(options['serial-entries']));
  try {
    const cpu = process.cpuUsage();
    const serial = await listSerially(openClient(serialServer.endpoint));
    const serialCpu = process.cpuUsage(cpu);
    const afterSerial = process.cpuUsage();
    const { entries, seconds, requests } = await listStore(server.endpoint, `${shape}.parquet`);
    const lister = process.cpuUsage(afterSerial);
    const ratio = entries / seconds / (serial.entries / serial.seconds);
    say(`${shape}: serial SDK loop`, serial.entries, serial.seconds, cpuText(serialCpu));
    say(
      `${shape}: lister, to Parquet`,
      entries,
      seconds,
      `${ratio.toFixed(1)} x the serial loop; ${requests} requests for ${Math.ceil(entries / PAGE)} pages; ${cpuText(lister)}`,
    );
  } finally {
    await Promise.all([server.stop(), serialServer.stop()]);
  }
}

function listStore(endpoint: string, name: string) {
  const listPage = openVersionLister(openClient(endpoint), 'data', { requesterPays: false });
  return list(listPage, name, Number(options.concurrency));
}

async function compareMemory(): Promise<void> {
  for (const entries of [entriesAsked / 30, entriesAsked / 3, entriesAsked].map(Math.round)) {
    const server = await startServer('skewed', entries);
    try {
      const script = ['bench/lister.ts', '--endpoint', server.endpoint];
      const run = await measureScript([...COMMAND_NODE_OPTIONS, ...script]);
      if (run.exitCode !== 0) throw new Error(run.stderr);
      const peak = `${(run.peakBytes / 1_048_576).toFixed(0)} MiB at the peak`;
      say('skewed', entries, run.wallSeconds, peak);
    } finally {
      await server.stop();
    }
  }
}

function list(listPage: ListPage, name: string, concurrency: number) {
  return listBucket(listPage, {
    bucket: 'data',
    prefixes: [],
    endpoint: '',
    out: join(folder, name),
    format: 'parquet',
    concurrency,
    resume: false,
    now: new Date(),
    progress: () => {},
    signal: new AbortController().signal,
  });
}

/** What people write: one page after the other, the SDK's own parser, nothing kept but a count. */
async function listSerially(client: S3Client): Promise<{ entries: number; seconds: number }> {
  const started = performance.now();
  let entries = 0;
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  do {
    const page = await client.send(
      new ListObjectVersionsCommand({ Bucket: 'data', KeyMarker, VersionIdMarker }),
    );
    entries += (page.Versions?.length ?? 0) + (page.DeleteMarkers?.length ?? 0);
    KeyMarker = page.NextKeyMarker;
    VersionIdMarker = page.NextVersionIdMarker;
  } while (KeyMarker !== undefined);
  return { entries, seconds: (performance.now() - started) / 1000 };
}

function openClient(endpointUrl: string): S3Client {
  return openS3Client({ endpointUrl, region: 'us-east-1', forcePathStyle: true });
}

async function startServer(
  shape: string,
  entries: number,
): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const script = new URL('lister-server.ts', import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, [script, shape, String(entries), String(LATENCY_MS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return {
    endpoint: line.toString().trim(),
    stop: async () => {
      child.stdin?.end();
      await once(child, 'exit');
    },
  };
}

function cannedPage(page: number, isLast: boolean): string {
  const key = (index: number) => `folder/${String(page * PAGE + index).padStart(9, '0')}.parquet`;
  const id = (index: number) => `v${String(page * PAGE + index).padStart(31, '0')}`;
  const entries = Array.from({ length: PAGE }, (_, index) => {
    const isMarker = index % 2 === 0;
    const common = `<Key>${key(Math.floor(index / 2))}</Key><VersionId>${id(index)}</VersionId><IsLatest>${isMarker}</IsLatest><LastModified>2025-08-22T11:01:00.000Z</LastModified>`;
    const owner = '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>';
    return isMarker
      ? `<DeleteMarker>${common}${owner}</DeleteMarker>`
      : `<Version>${common}<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>12345</Size>${owner}<StorageClass>STANDARD</StorageClass></Version>`;
  });
  const next = isLast
    ? ''
    : `<NextKeyMarker>${key(PAGE / 2 - 1)}</NextKeyMarker><NextVersionIdMarker>${id(PAGE - 1)}</NextVersionIdMarker>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>${next}<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${!isLast}</IsTruncated>${entries.join('')}</ListVersionsResult>`;
}

function cpuText({ user, system }: NodeJS.CpuUsage): string {
  return `${((user + system) / 1e6).toFixed(1)} s of CPU time`;
}

function say(what: string, entries: number, seconds: number, note: string): void {
  const rate = Math.round(entries / seconds).toLocaleString('en');
  process.stdout.write(
    `${what}: ${entries.toLocaleString('en')} entries in ${seconds.toFixed(2)} s, ${rate} a second${note === '' ? '' : `; ${note}`}\n`,
  );
}
