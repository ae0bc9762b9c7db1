import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { openS3Client } from '../../src/aws/client.ts';
import { openVersionLister } from '../../src/aws/list-versions.ts';
import {
  type ListingOptions,
  type ListingResult,
  type ListPage,
  listBucket,
} from '../../src/inventory/listing.ts';
import { compareKeys } from '../../src/s3/key-order.ts';

/** A folder for one test. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-listing-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a listing has to show: every entry of the sandbox's bucket, in S3's order. */
export function expectedRows(bucket: Bucket, prefixes: readonly string[] = ['']): string[] {
  const keys = [...bucket.stacks.from(() => true)].map(([key]) => key);
  return keys
    .filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))
    .toSorted(compareKeys)
    .flatMap((key) =>
      bucket
        .stack(key)
        .map((entry, index) => rowText(key, entry.versionId, index === 0, entry.isDeleteMarker)),
    );
}

export function rowText(key: string, versionId: string, isLatest: boolean, isDeleteMarker: boolean): string {
  return JSON.stringify([key, versionId, isLatest, isDeleteMarker]);
}

/** Lists to CSV and reads the rows back in the order of the file; the ordinals have to increase. */
export async function listRows(
  listPage: ListPage,
  options: Partial<ListingOptions> = {},
): Promise<{ rows: string[]; result: ListingResult }> {
  return withFolder(async (folder) => {
    const out = options.out ?? join(folder, 'versions.csv');
    const result = await listBucket(listPage, listingOptions(out, options));
    return { rows: await readRows(out), result };
  });
}

export function listingOptions(out: string, options: Partial<ListingOptions> = {}): ListingOptions {
  return {
    bucket: 'data',
    prefixes: [],
    endpoint: '',
    out,
    format: 'csv',
    concurrency: 8,
    resume: false,
    now: new Date('2026-01-01T00:00:00Z'),
    progress: () => {},
    signal: new AbortController().signal,
    ...options,
  };
}

export async function readRows(path: string): Promise<string[]> {
  const [header = [], ...records] = parse(await readFile(path, 'utf8')) as string[][];
  const place = (name: string) => header.indexOf(name);
  const [ordinalAt, keyAt, versionIdAt] = [place('ordinal'), place('key_name'), place('version_id')];
  const [isLatestAt, isMarkerAt] = [place('is_latest'), place('delete_marker')];
  let last = -1;
  return records.map((record) => {
    const ordinal = Number(record[ordinalAt]);
    if (!(ordinal > last)) throw new Error(`ordinal ${ordinal} after ${last}`);
    last = ordinal;
    const key = decodeURIComponent(record[keyAt] ?? '');
    const versionId = record[versionIdAt] ?? '';
    return rowText(key, versionId, record[isLatestAt] === 'True', record[isMarkerAt] === 'True');
  });
}

/** Pages of a sandbox's bucket over HTTP, through the SDK. */
export function pagesOf(sandbox: Sandbox, bucket = 'data'): ListPage {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  const client = openS3Client({ endpointUrl: sandbox.endpoint, region: 'us-east-1', forcePathStyle: true });
  return openVersionLister(client, bucket, { requesterPays: false });
}
