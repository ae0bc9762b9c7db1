import { openS3Client } from '../aws/client.ts';
import { openRetentionSetup } from '../aws/retention-setup.ts';
import { RunbookError } from '../errors.ts';
import { addInventory, addNoncurrentExpiration, INVENTORY_ID } from '../retention/bucket-setup.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { PrepareRetentionOptions } from './prepare-retention-command.ts';
import { writeJson, writeOut } from './terminal.ts';

const DESTINATION = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^\p{Cc}]{0,512}?))?\/?$/u;

/** The `prepare-retention` command. */
export async function runPrepareRetention(options: PrepareRetentionOptions): Promise<void> {
  const bucket = parseBucketName(options.bucket);
  const destination =
    options.createInventory === undefined ? null : parseDestination(options.createInventory);
  const interval = parseDays('schedule-interval-days', options.scheduleIntervalDays);
  const days =
    options.addNoncurrentExpiration === undefined
      ? null
      : parseDays('add-noncurrent-expiration', options.addNoncurrentExpiration);
  if (destination === null && days === null) {
    throw new RunbookError('INVALID_OPTION', 'prepare-retention was asked for nothing.', {
      hint: 'give --create-inventory s3://BUCKET/PREFIX/, --add-noncurrent-expiration DAYS, or both',
    });
  }
  const client = openS3Client(parseEndpoint(options));
  try {
    const calls = openRetentionSetup(client);
    const inventory = destination === null ? null : await addInventory(calls, bucket, destination, interval);
    const expiration =
      days === null
        ? null
        : await addNoncurrentExpiration(calls, bucket, days, (id, noncurrentDays) => ({
            ID: id,
            Status: 'Enabled' as const,
            Filter: { Prefix: '' },
            NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays },
          }));
    const reports =
      destination === null
        ? null
        : `s3://${destination.bucket}/${destination.prefix === '' ? '' : `${destination.prefix}/`}${bucket}/${INVENTORY_ID}/`;
    if (options.json) writeJson({ command: 'prepare-retention', bucket, inventory, expiration, reports });
    else writeOut(describe(bucket, { inventory, expiration, reports, destination }));
  } finally {
    client.destroy();
  }
}

function describe(
  bucket: string,
  found: {
    inventory: boolean | null;
    expiration: boolean | null;
    reports: string | null;
    destination: { bucket: string; prefix: string } | null;
  },
): string {
  const { inventory, expiration, reports, destination } = found;
  const state = (added: boolean) => (added ? 'added' : 'was there already and is as it was');
  return [
    ...(inventory === null ? [] : [`Inventory ${INVENTORY_ID} of ${bucket}: ${state(inventory)}`]),
    ...(reports === null || destination === null
      ? []
      : [
          `First report within 48 hours; then: extend-retention --inventory ${reports}`,
          `The policy of ${destination.bucket} has to let S3 write; it is never changed for you. Statement:`,
          JSON.stringify(destinationStatement(bucket, destination)),
        ]),
    ...(expiration === null ? [] : [`Lifecycle rule of ${bucket}: ${state(expiration)}`]),
  ].join('\n');
}

/** "Granting permissions for Amazon S3 Inventory": by source bucket, as a rule of S3 delivers the reports. */
function destinationStatement(bucket: string, destination: { bucket: string; prefix: string }): object {
  const prefix = destination.prefix === '' ? '' : `${destination.prefix}/`;
  return {
    Sid: 'S3RewindInventory',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${destination.bucket}/${prefix}*`,
    Condition: {
      ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${bucket}` },
      StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' },
    },
  };
}

function parseDestination(text: string): { bucket: string; prefix: string } {
  const [, bucket, prefix = ''] = DESTINATION.exec(text) ?? [];
  if (bucket !== undefined) return { bucket: parseBucketName(bucket), prefix };
  throw new RunbookError('INVALID_OPTION', `--create-inventory '${text}' is not s3://BUCKET/PREFIX/.`, {
    hint: 'for example s3://my-reports/locks/',
  });
}

function parseDays(name: string, text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new RunbookError('INVALID_OPTION', `--${name} '${text}' is not a whole number of days from 1.`, {
    hint: `for example --${name} 7`,
  });
}
