import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { openBucketConfigurationCalls } from '../aws/bucket-configuration.ts';
import { openS3Client } from '../aws/client.ts';
import { RunbookError } from '../errors.ts';
import { type Sleep, sleep } from '../execute/backoff.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { FreezeSite } from '../freeze/bucket-state.ts';
import { type EndedFreeze, endFreeze } from '../freeze/end-freeze.ts';
import { freezeBucket } from '../freeze/freeze.ts';
import { type FreezeRecord, folderRecord, remoteRecord } from '../freeze/freeze-record.ts';
import { parseFreezeSettings } from '../freeze/settings.ts';
import { readFreezes } from '../freeze/status.ts';
import { thawBucket } from '../freeze/thaw.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { partitionOf } from '../s3/partition.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import type { FreezeOptions, ThawOptions } from './freeze-command.ts';
import { freezeSummary, statusSummary, thawSummary } from './freeze-summary.ts';
import { openRecordCalls } from './open-record.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const ID_BYTES = 4;
const ROLLBACK_END = /-([0-9a-f]{8})$/;

/** The `freeze` command. */
export async function runFreeze(options: FreezeOptions): Promise<void> {
  const bucket = parseBucketName(options.bucket);
  if (options.status) {
    await tellStatus(bucket, options);
    return;
  }
  const { record: name } = options;
  if (name === undefined || name === '') {
    throw new RunbookError('INVALID_OPTION', 'freeze needs a value for --record.', {
      hint: 'name a folder, for example --record my-freeze: it keeps what thaw puts back',
    });
  }
  const record = openFreezeRecord(name, bucket, options);
  await atBucket(name, options, async (site) => {
    const [plan, known] = [await record.readPlan(), await record.readFreeze()];
    if (plan !== null && plan.bucket !== bucket) {
      throw new RunbookError(
        'INVALID_OPTION',
        `${name} is the record of '${plan.bucket}', not '${bucket}'.`,
        {
          hint: 'give --record a folder or place of its own',
        },
      );
    }
    const isOn = known !== null && known.state !== 'thawed' && known.bucket === bucket;
    const settings = parseFreezeSettings(options, {
      id: isOn ? known.id : freezeId(plan?.rollbackId),
      partition: partitionOf(
        options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? '',
      ),
      now: site.now(),
      earlierEnd: isOn ? new Date(known.until) : null,
    });
    const rollbackId = plan?.rollbackId ?? null;
    const frozen = await freezeBucket(site, settings, record, {
      rollbackId,
      isTrial: options.dryRun === true,
    });
    if (options.json) writeJson({ command: 'freeze', record: record.name, ...frozen });
    else writeOut(freezeSummary(frozen, record.name));
  });
}

/** The `thaw` command. */
export async function runThaw(options: ThawOptions): Promise<void> {
  const bucket = options.bucket === undefined ? null : parseBucketName(options.bucket);
  const record = openFreezeRecord(options.record, null, options);
  await atBucket(options.record, options, async (site) => {
    const thawed = await thawBucket(site, record, { isTrial: options.dryRun === true, bucket });
    if (options.json) writeJson({ command: 'thaw', record: record.name, ...thawed });
    else writeOut(thawSummary(thawed, record.name));
    if (thawed.rulesLeftPaused.length > 0) process.exitCode = EXIT_ROWS_LEFT;
  });
}

async function tellStatus(bucket: string, options: FreezeOptions): Promise<void> {
  await atBucket('', options, async ({ configurations, now }) => {
    const freezes = await readFreezes(configurations, bucket, now());
    if (options.json) writeJson({ command: 'freeze', bucket, freezes });
    else writeOut(statusSummary(bucket, freezes));
    if (freezes.some(({ isExpired }) => isExpired)) process.exitCode = EXIT_ROWS_LEFT;
  });
}

/** What `cleanup` ends the freeze of a record with. */
export function openEndFreeze(
  options: EndpointOptions,
): (place: RecordPlace | string, isTrial: boolean) => Promise<EndedFreeze> {
  const site = openSite(openS3Client(parseEndpoint(options)), sleep);
  const calls = openRecordCalls(options);
  return (place, isTrial) =>
    endFreeze(
      site,
      typeof place === 'string' ? folderRecord(place) : remoteRecord(calls, place, sleep),
      isTrial,
    );
}

function openSite(client: ReturnType<typeof openS3Client>, pause: Sleep): FreezeSite {
  return { configurations: openBucketConfigurationCalls(client), pause, now: () => new Date() };
}

/** @param frozen the bucket that nobody will be able to write to; null: known from the record alone */
function openFreezeRecord(name: string, frozen: string | null, options: EndpointOptions): FreezeRecord {
  const place = parseRecordUrl(name);
  if (place === null) return folderRecord(name);
  if (place.bucket === frozen) {
    throw new RunbookError('INVALID_OPTION', `--record '${name}' lies in the bucket that is to be frozen.`, {
      hint: 'give a folder, or a place in the record bucket: the freeze would deny its own record',
    });
  }
  return remoteRecord(openRecordCalls(options), place, sleep);
}

/** @param record whose calls alone fail with what is no refusal yet */
async function atBucket(
  record: string,
  options: EndpointOptions & { quiet?: boolean },
  work: (site: FreezeSite) => Promise<void>,
): Promise<void> {
  const client = openS3Client(parseEndpoint(options));
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const pause: Sleep = (milliseconds) => {
      terminal.progress('waiting for S3 to show the change', null);
      return sleep(milliseconds);
    };
    await work(openSite(client, pause));
  } catch (error) {
    throw refusalOf(error, parseRecordUrl(record)?.bucket ?? '');
  } finally {
    terminal.finish();
    client.destroy();
  }
}

/** The end of the rollback's ID, which names its freeze to whoever reads the policy. */
function freezeId(rollbackId: string | undefined): string {
  return ROLLBACK_END.exec(rollbackId ?? '')?.[1] ?? randomBytes(ID_BYTES).toString('hex');
}
