import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { openS3Client } from '../aws/client.ts';
import { readIdentity } from '../aws/identity.ts';
import { openObjectCalls } from '../aws/objects.ts';
import { openS3Calls } from '../aws/s3-calls.ts';
import { openScratchCalls } from '../aws/scratch-bucket.ts';
import { type DrillSite, drillPlan, drillScratch, hasPassed, type RunStep } from '../drill/drill.ts';
import { begunDrill, type Drill, drillIdOf } from '../drill/drill-file.ts';
import { type DrillHistory, folderHistory, remoteHistory } from '../drill/drill-history.ts';
import { scratchBucketName } from '../drill/scratch-bucket.ts';
import { readTrend, TREND_LENGTH } from '../drill/trend.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { Progress } from '../progress.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { parseDuration } from '../s3/duration.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { DrillOptions } from './drill-command.ts';
import { drillSummary } from './drill-summary.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { hearAnswer } from './hear-answer.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const ID_BYTES = 4;
const LEAST_OBJECTS = 10;
const MOST_OBJECTS = 100_000;
/** The drills that are looked through for those like this one. */
const HISTORY_READ = 5 * TREND_LENGTH;
const HISTORY_NAME = 'drills';

type Main = (args: readonly string[]) => Promise<number>;

/** The `drill` command. */
export async function runDrill(options: DrillOptions, main: Main): Promise<void> {
  const asked = parseOptions(options);
  const history = openHistory(options);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-drill-'));
  try {
    // Before anything is tried, so that a history that cannot be read costs nothing.
    const earlier = await atHistory(history, () => history?.readNewest(HISTORY_READ));
    const scratchBucket = await nameScratch(options);
    const site = { ...stepsOf(main, terminal.progress), folder };
    const begun = beginDrill(asked, scratchBucket);
    // A drill that is killed is one that failed, and is not to be missing in the trend.
    await atHistory(history, () => history?.write(begun.drill));
    const drill = await runHalves(site, options, asked, { ...begun, scratchBucket });
    await atHistory(history, () => history?.write(drill));
    terminal.finish();
    const trend = readTrend(drill, earlier?.drills ?? []);
    const kept = { history: history?.name ?? null, unreadable: earlier?.unreadable ?? 0 };
    if (options.json) writeJson({ command: 'drill', ...kept, drill, trend });
    else writeOut(drillSummary(drill, trend, kept));
    if (!drill.passed) process.exitCode = EXIT_ROWS_LEFT;
  } finally {
    terminal.finish();
    await rm(folder, { recursive: true, force: true });
  }
}

type Asked = ReturnType<typeof parseOptions>;

/** @throws RunbookError INVALID_OPTION, INVALID_BUCKET */
function parseOptions(options: DrillOptions) {
  const { bucket, prefix = [], scratch = false, scratchBucket, endpointUrl, objects } = options;
  if (bucket === undefined && !scratch) {
    throw invalid('drill was not told what to try.', 'give --scratch, --bucket NAME, or both');
  }
  if (bucket === undefined && (prefix.length > 0 || options.inventory !== undefined || options.list)) {
    throw invalid('--prefix, --inventory and --list are of the bucket in use.', 'add --bucket NAME');
  }
  if (!scratch && scratchBucket !== undefined) {
    throw invalid('--scratch-bucket goes with --scratch.', 'add --scratch');
  }
  if (scratch && scratchBucket === undefined && endpointUrl !== undefined) {
    throw invalid(
      'A store of your own has no account to name the scratch bucket after.',
      'name it: --scratch-bucket NAME',
    );
  }
  if (scratchBucket !== undefined && parseBucketName(scratchBucket) === bucket) {
    throw invalid('The bucket in use cannot be the scratch bucket.', 'give --scratch-bucket another name');
  }
  const count = /^\d{1,6}$/.test(objects) ? Number(objects) : 0;
  if (count < LEAST_OBJECTS || count > MOST_OBJECTS) {
    throw invalid(
      `--objects '${objects}' is not a number of objects.`,
      `give a whole number from ${LEAST_OBJECTS} to ${MOST_OBJECTS}`,
    );
  }
  return {
    bucket: bucket === undefined ? null : parseBucketName(bucket),
    prefixes: prefix,
    agoSeconds: parseDuration(options.ago, 'ago'),
    objects: count,
    settleSeconds: parseDuration(options.settle, 'settle'),
  };
}

/** @returns null where there is to be none */
async function nameScratch(options: DrillOptions): Promise<ScratchName> {
  if (!options.scratch) return null;
  const endpoint = parseEndpoint(options);
  if (options.endpointUrl !== undefined) return { name: options.scratchBucket ?? '', account: null };
  const { account } = await readIdentity(endpoint);
  if (options.scratchBucket !== undefined) return { name: options.scratchBucket, account };
  const region = endpoint.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (region !== undefined) return { name: scratchBucketName(account, region), account };
  throw new RunbookError('WRONG_REGION', 'No AWS Region is set.', {
    hint: 'add --region with the Region of the scratch bucket, or set AWS_REGION',
  });
}

type ScratchName = { name: string; account: string | null } | null;

function beginDrill(asked: Asked, scratchBucket: ScratchName): { drill: Drill; pointInTime: string } {
  const now = new Date();
  const startedAt = formatInstant(now);
  const pointInTime = formatInstant(new Date(now.getTime() - asked.agoSeconds * 1000));
  const drillId = drillIdOf(startedAt, randomBytes(ID_BYTES).toString('hex'));
  const named = { ...asked, pointInTime, scratchBucket: scratchBucket?.name ?? null };
  return { drill: begunDrill({ drillId, startedAt }, named), pointInTime };
}

async function runHalves(
  site: DrillSite,
  options: DrillOptions,
  asked: Asked,
  begun: { drill: Drill; pointInTime: string; scratchBucket: ScratchName },
): Promise<Drill> {
  const { drill, pointInTime, scratchBucket } = begun;
  const { drillId } = drill;
  const endpoint = endpointFlags(options);
  const planned =
    asked.bucket === null
      ? null
      : await drillPlan(site, {
          bucket: asked.bucket,
          prefixes: asked.prefixes,
          pointInTime,
          options: [...sourceFlags(options), ...endpoint],
        });
  const scratch =
    scratchBucket === null
      ? null
      : await atScratch(options, scratchBucket.account, (own) =>
          drillScratch(
            { ...site, ...own },
            {
              bucket: scratchBucket.name,
              drillId,
              objects: asked.objects,
              settleSeconds: asked.settleSeconds,
              options: endpoint,
            },
          ),
        );
  const passed = hasPassed({ planned, scratch });
  return { ...drill, finishedAt: formatInstant(new Date()), passed, planned, scratch };
}

async function atScratch<T>(
  options: DrillOptions,
  account: string | null,
  work: (own: Pick<Parameters<typeof drillScratch>[0], 'scratch' | 'calls'>) => Promise<T>,
): Promise<T> {
  const client = openS3Client(parseEndpoint(options));
  try {
    const { addMarkers } = openS3Calls(client);
    return await work({
      scratch: { calls: openScratchCalls(client, account), now: () => new Date(), pause: sleep },
      calls: { ...openObjectCalls(client), addMarkers },
    });
  } finally {
    client.destroy();
  }
}

/** Every step is a command as a person would type it. Two of them have no display to be silenced. */
function stepsOf(main: Main, progress: Progress): Pick<DrillSite, 'run' | 'ticks' | 'progress'> {
  const run: RunStep = (command, args) =>
    hearAnswer(main, [command, ...args, ...(command === 'undo' ? [] : ['--quiet'])], () => {});
  return { run, ticks: () => performance.now(), progress };
}

function endpointFlags({ endpointUrl, region, forcePathStyle, requesterPays }: EndpointOptions): string[] {
  return [
    ...(endpointUrl === undefined ? [] : [`--endpoint-url=${endpointUrl}`]),
    ...(region === undefined ? [] : [`--region=${region}`]),
    ...(forcePathStyle ? ['--force-path-style'] : []),
    ...(requesterPays ? ['--requester-pays'] : []),
  ];
}

function sourceFlags({ inventory = [], list, engine, recordBucket, workGroup }: DrillOptions): string[] {
  return [
    ...inventory.map((path) => `--inventory=${path}`),
    ...(list ? ['--list'] : []),
    `--engine=${engine}`,
    ...(recordBucket === undefined ? [] : [`--record-bucket=${recordBucket}`]),
    ...(workGroup === undefined ? [] : [`--work-group=${workGroup}`]),
  ];
}

/** @returns null where drills are kept nowhere */
function openHistory(options: DrillOptions): DrillHistory | null {
  const { recordBucket } = options;
  const name =
    options.history ??
    (recordBucket === undefined ? null : `s3://${parseBucketName(recordBucket)}/${HISTORY_NAME}/`);
  if (name === null) return null;
  if (name === '') throw invalid('--history is empty.', 'give a folder, or s3://BUCKET/NAME/');
  const place = parseRecordUrl(name);
  if (place === null) return folderHistory(name);
  return remoteHistory(openObjectCalls(openS3Client(parseEndpoint(options))), place, sleep);
}

async function atHistory<T>(history: DrillHistory | null, work: () => T): Promise<Awaited<T>> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error, parseRecordUrl(history?.name ?? '')?.bucket ?? '');
  }
}

function invalid(message: string, hint: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, { hint });
}
