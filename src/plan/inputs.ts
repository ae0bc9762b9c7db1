import { RunbookError } from '../errors.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { parseDuration } from '../s3/duration.ts';
import { parsePointInTime } from '../s3/point-in-time.ts';
import {
  COPY_CHOICES,
  MARKER_CHOICES,
  MAX_KEY_BYTES,
  MODE_SCENARIOS,
  MODES,
  type Mode,
  SCENARIOS,
  type Scenario,
  UNCERTAIN_CLASSES,
} from '../s3/rollback.ts';
import { parseStorageClassChoice } from '../s3/storage-class.ts';
import { assertBatchCopyServes } from './batch-copies.ts';
import type { PlanInputs } from './plan-file.ts';

/** The options of a plan as they are typed, before any check. Lists may be repeated or separated by commas. */
export type RawPlanInputs = {
  bucket: string;
  timestamp: string;
  mode?: string | undefined;
  prefix?: readonly string[] | undefined;
  scenarios?: string | undefined;
  destinationBucket?: string | undefined;
  overwrite?: boolean | undefined;
  storageClass?: string | undefined;
  kmsKeyArn?: string | undefined;
  markers?: string | undefined;
  multipartWindow?: string | undefined;
  noncurrentExpirationDays?: string | undefined;
  includeUncertain?: string | undefined;
  copyWith?: string | undefined;
};

const DEFAULT_MULTIPART_WINDOW = '24h';
const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const MAX_NONCURRENT_DAYS = 36_500;

/**
 * Checks every option of a plan once; what comes out is complete and typed.
 * @param now the instant after which a point in time is in the future
 * @throws RunbookError INVALID_*, TIMESTAMP_IN_FUTURE
 */
export function parsePlanInputs(raw: RawPlanInputs, now: Date): PlanInputs {
  const bucket = parseBucketName(raw.bucket);
  const mode = parseChoice(raw.mode ?? 'bucket-rollback', MODES, 'mode');
  const markers = parseChoice(raw.markers ?? 'remove', MARKER_CHOICES, 'markers');
  const inputs: PlanInputs = {
    bucket,
    timestamp: parsePointInTime(raw.timestamp, now),
    mode,
    prefixes: parsePrefixes(raw.prefix ?? []),
    scenarios: parseScenarios(raw.scenarios, mode),
    destinationBucket: parseDestination(raw.destinationBucket, mode, bucket),
    storageClass: parseStorageClassChoice(raw.storageClass ?? 'as-source'),
    kmsKeyArn: parseKmsKeyArn(raw.kmsKeyArn),
    markers,
    multipartWindowSeconds: parseDuration(
      raw.multipartWindow ?? DEFAULT_MULTIPART_WINDOW,
      'multipart-window',
    ),
    noncurrentExpirationDays: parseDays(raw.noncurrentExpirationDays),
    includeUncertain: splitList(raw.includeUncertain).map((name) =>
      parseChoice(name, UNCERTAIN_CLASSES, 'include-uncertain'),
    ),
    // Left out where it is not asked for, so that a plan of before it is the same plan.
    ...(parseOverwrite(raw.overwrite, mode) && { overwrite: true }),
  };
  if (parseChoice(raw.copyWith ?? 'guarded', COPY_CHOICES, 'copy-with') === 'guarded') return inputs;
  const copied: PlanInputs = { ...inputs, copyWith: 's3-batch-copy' };
  assertBatchCopyServes(copied);
  return copied;
}

function parseChoice<const T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new RunbookError('INVALID_OPTION', `--${option} '${text}' is not a choice.`, {
    hint: `use one of: ${choices.join(', ')}`,
  });
}

/** Sorted and without repetition, so that the same scope always gives the same plan. A prefix is a literal text. */
export function parsePrefixes(prefixes: readonly string[]): string[] {
  for (const prefix of prefixes) {
    if (prefix === '' || Buffer.byteLength(prefix) > MAX_KEY_BYTES || prefix.includes('\0')) {
      throw new RunbookError('INVALID_PREFIX', `The prefix '${prefix}' is empty, too long, or holds a NUL.`, {
        hint: 'leave --prefix out for the whole bucket; a prefix has 1 to 1,024 bytes and is taken literally',
      });
    }
  }
  return [...new Set(prefixes)].toSorted(compareBytes);
}

function parseScenarios(text: string | undefined, mode: Mode): Scenario[] {
  const possible = MODE_SCENARIOS[mode];
  if (text === undefined) return [...possible];
  const asked = splitList(text).map((name) => parseChoice(name, SCENARIOS, 'scenarios'));
  const foreign = asked.find((scenario) => !possible.includes(scenario));
  if (foreign !== undefined || asked.length === 0) {
    throw new RunbookError(
      'INVALID_OPTION',
      `--scenarios ${text}: ${foreign === undefined ? 'names none' : `mode ${mode} has no scenario ${foreign}`}.`,
      {
        hint: `use some of: ${possible.join(', ')}`,
      },
    );
  }
  return possible.filter((scenario) => asked.includes(scenario));
}

function parseDestination(text: string | undefined, mode: Mode, bucket: string): string | null {
  if (mode !== 'copy-to-bucket') {
    if (text === undefined) return null;
    throw new RunbookError(
      'INVALID_OPTION',
      `--destination-bucket goes with --mode copy-to-bucket, not ${mode}.`,
      {
        hint: 'add --mode copy-to-bucket, or leave --destination-bucket out',
      },
    );
  }
  if (text === undefined) {
    throw new RunbookError('INVALID_OPTION', '--mode copy-to-bucket needs --destination-bucket.', {
      hint: 'name an existing bucket with S3 Versioning enabled, empty in the scope: --destination-bucket NAME',
    });
  }
  const destination = parseBucketName(text);
  if (destination === bucket) {
    throw new RunbookError('INVALID_OPTION', 'The destination bucket is the bucket itself.', {
      hint: 'name another bucket, or use --mode bucket-rollback to roll this one back in place',
    });
  }
  return destination;
}

function parseOverwrite(asked: boolean | undefined, mode: Mode): boolean {
  if (asked !== true || mode === 'copy-to-bucket') return asked === true;
  throw new RunbookError('INVALID_OPTION', `--overwrite goes with --mode copy-to-bucket, not ${mode}.`, {
    hint: 'leave --overwrite out: this mode copies over keys of the bucket itself, each under its own guard',
  });
}

function parseKmsKeyArn(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (KMS_KEY_ARN.test(text)) return text;
  throw new RunbookError('INVALID_KMS_KEY', `'${text}' is not the ARN of a KMS key.`, {
    hint: 'use the key ARN, arn:aws:kms:REGION:ACCOUNT:key/ID; an alias can point elsewhere tomorrow',
  });
}

function parseDays(text: string | undefined): number | null {
  if (text === undefined) return null;
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MAX_NONCURRENT_DAYS) return days;
  throw new RunbookError(
    'INVALID_OPTION',
    `--noncurrent-expiration-days '${text}' is not a number of days.`,
    {
      hint: "use the NoncurrentDays of the bucket's lifecycle rule, a whole number from 1",
    },
  );
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Order of UTF-8 bytes, S3's own, which differs from JavaScript's order of UTF-16 units. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
