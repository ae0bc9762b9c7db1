import { extname } from 'node:path';
import { RunbookError } from '../errors.ts';
import { parsePrefixes } from '../plan/inputs.ts';
import type { Check } from '../plan/plan-file.ts';
import { bucketChecks } from '../plan/preflight.ts';
import { formatBytes, formatCount } from '../review/figures.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { printable } from '../s3/printable.ts';
import { MODE_SCENARIOS } from '../s3/rollback.ts';
import { shellWord } from '../s3/shell-word.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { type LiveListing, listLiveBucket, outermost, parseConcurrency } from './list-bucket.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

export type InventoryOptions = EndpointOptions & {
  bucket: string;
  out: string;
  prefix?: string[];
  concurrency?: string;
  resume?: boolean;
  json?: boolean;
  quiet?: boolean;
};

/** The `inventory` command: from a bucket to a file of all its version entries. */
export async function runInventory(options: InventoryOptions): Promise<void> {
  const bucket = parseBucketName(options.bucket);
  const prefixes = outermost(parsePrefixes(options.prefix ?? []));
  const format = parseFormat(options.out);
  const concurrency = parseConcurrency(options.concurrency);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  let live: LiveListing;
  try {
    live = await listLiveBucket(
      {
        bucket,
        prefixes,
        out: options.out,
        format,
        concurrency,
        resume: options.resume ?? false,
        afterInterrupt: 'run the same command again with --resume to go on',
      },
      parseEndpoint(options),
      terminal.progress,
    );
  } finally {
    terminal.finish();
  }
  // No plan yet: what would matter to a rollback of everything.
  const checks = bucketChecks(live.facts, {
    mode: 'bucket-rollback',
    markers: 'remove',
    prefixes,
    scenarios: [...MODE_SCENARIOS['bucket-rollback']],
    destinationBucket: null,
    kmsKeyArn: null,
  });
  if (options.json) writeJson(jsonResult(options, prefixes, format, live, checks));
  else writeOut(summary(options, live, checks));
}

function jsonResult(
  options: InventoryOptions,
  prefixes: readonly string[],
  format: string,
  { listing }: LiveListing,
  checks: readonly Check[],
): object {
  const { takenAt, seconds, ...counts } = listing;
  return {
    command: 'inventory',
    out: options.out,
    bucket: options.bucket,
    prefixes,
    format,
    takenAt: formatInstant(takenAt),
    seconds: Math.round(seconds * 1000) / 1000,
    ...counts,
    checks,
  };
}

function summary(options: InventoryOptions, { listing }: LiveListing, checks: readonly Check[]): string {
  const { entries, keys, seconds, requests, retries, bytes, takenAt } = listing;
  const lines = [
    `${formatCount(entries)} version entries of ${formatCount(keys)} keys in ${options.bucket}, as of ${formatInstant(takenAt)}`,
    `${seconds.toFixed(1)} s, ${formatCount(Math.round(entries / seconds))} entries a second, ${formatCount(requests)} requests, ${formatCount(retries)} of them failed and were sent again`,
  ];
  for (const check of checks.filter(({ level }) => level !== 'info')) {
    const label = check.level === 'blocking' ? 'In the way of a rollback' : 'Warning';
    lines.push(`${label}: ${printable(check.message)} (${check.code})`);
  }
  lines.push(
    `Written: ${printable(options.out)} (${formatBytes(bytes)})`,
    `Next: npm run --silent s3-rewind -- plan --inventory ${shellWord(options.out)} --bucket ${options.bucket} --timestamp TIME --out PLAN`,
  );
  return lines.join('\n');
}

function parseFormat(path: string): 'parquet' | 'csv' {
  const extension = extname(path).toLowerCase();
  if (extension === '.parquet') return 'parquet';
  if (extension === '.csv') return 'csv';
  throw new RunbookError('INVALID_OPTION', `--out '${path}' is neither .parquet nor .csv.`, {
    hint: 'Parquet is smaller and quicker to plan from: --out versions.parquet',
  });
}
