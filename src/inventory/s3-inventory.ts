import { createHash } from 'node:crypto';
import { RunbookError } from '../errors.ts';
import { formatDuration } from '../s3/duration.ts';
import type { InventoryConfiguration } from '../s3/inventory-configuration.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { matchColumns } from './columns.ts';
import { type ConsideredSource, reasonOf } from './considered.ts';
import { parseFileSchema } from './file-schema.ts';
import { parseManifest } from './report.ts';

/**
 * Finds the S3 Inventory report that a plan is best made from ("Locating your inventory list", Amazon S3 User Guide).
 * Nothing is downloaded here but manifests, which are small.
 */

/** The calls that this needs; src/aws/inventory-reports.ts makes them. */
export type InventoryCalls = {
  listConfigurations(bucket: string): Promise<InventoryConfiguration[]>;
  listFolders(bucket: string, prefix: string): Promise<string[]>;
  readText(bucket: string, key: string): Promise<string | null>;
};

export type ReportRequest = {
  bucket: string;
  /** literal prefixes of the plan; empty: the whole bucket */
  prefixes: readonly string[];
  /** the point in time, `yyyy-mm-ddThh:mm:ssZ` */
  timestamp: string;
  /** the formats that the query engine reads */
  formats: readonly string[];
};

export type FoundReport = {
  configuration: string;
  /** s3://BUCKET/KEY of its manifest.json */
  location: string;
  format: 'CSV' | 'ORC' | 'Parquet';
  takenAt: Date;
  files: { key: string; bytes: number; md5: string }[];
  /** column names as its own `fileSchema` has them, in their order */
  columns: string[];
};

/**
 * A report shows the bucket as it was some time after its scan began, and S3 calls it eventually consistent. One that
 * began right after the point in time would miss most of what happened then.
 */
const MIN_MS_AFTER_POINT_IN_TIME = 3_600_000;
/** Reports of a configuration that are opened, the newest first; the others are older copies of the same list. */
const MAX_REPORTS_OPENED = 5;

const STAMP = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})Z$/;

/** What a plan does without where a report lacks a field that it can do without. */
const OPTIONAL_FIELDS: [column: string, cost: string][] = [
  ['encryptionstatus', 'EncryptionStatus (versions under SSE-C are not told; their copies will fail)'],
  [
    'intelligenttieringaccesstier',
    'IntelligentTieringAccessTier (archive tiers are not told; their copies will end as archived)',
  ],
];

/**
 * Looks at every inventory configuration of the bucket and picks the newest complete report that covers the plan.
 * @returns the report, or null; and why each configuration serves or does not
 * @throws RunbookError where the configurations cannot be listed: ACCESS_DENIED, BUCKET_NOT_FOUND, …
 */
export async function findInventoryReport(
  calls: InventoryCalls,
  request: ReportRequest,
): Promise<{ report: FoundReport | null; considered: ConsideredSource[] }> {
  const configurations = await calls.listConfigurations(request.bucket);
  if (configurations.length === 0) {
    return { report: null, considered: [considered(null, 'the bucket has no inventory configuration')] };
  }
  const looks = await Promise.all(
    configurations.map(async (configuration) => ({
      configuration,
      ...(await lookAt(calls, configuration, request)),
    })),
  );
  const usable = looks.filter((look) => look.report !== null);
  const best = usable.toSorted(byNewest)[0];
  return {
    report: best?.report ?? null,
    considered: looks.map(({ configuration, report, reason }) => ({
      ...considered(
        configuration.id,
        report === null || report === best?.report
          ? reason
          : `${reason}; ${best?.configuration.id} serves better`,
      ),
      chosen: report !== null && report === best?.report,
    })),
  };
}

/** Like findInventoryReport. @throws RunbookError NO_USABLE_INVENTORY where no report serves */
export async function requireInventoryReport(
  calls: InventoryCalls,
  request: ReportRequest,
): Promise<{ report: FoundReport; considered: ConsideredSource[] }> {
  const { report, considered: looked } = await findInventoryReport(calls, request);
  if (report !== null) return { report, considered: looked };
  const reasons = looked.map(({ name, reason }) => (name === null ? reason : `'${name}': ${reason}`));
  throw new RunbookError(
    'NO_USABLE_INVENTORY',
    `No S3 Inventory report of '${request.bucket}' can serve a plan back to ${request.timestamp}: ${reasons.join('; ')}.`,
    {
      hint: `list the bucket instead with --list, or wait for a report; configurations: aws s3api list-bucket-inventory-configurations --bucket ${request.bucket}`,
    },
  );
}

type Look = { report: FoundReport | null; reason: string };

async function lookAt(
  calls: InventoryCalls,
  configuration: InventoryConfiguration,
  request: ReportRequest,
): Promise<Look> {
  const unfit = unfitness(configuration, request);
  if (unfit !== null) return { report: null, reason: unfit };
  try {
    return await newestReport(calls, configuration, request);
  } catch (error) {
    // What keeps from one destination does not from another; no credentials keep from all.
    if (!(error instanceof RunbookError) || !PASSABLE.has(error.code)) throw error;
    return { report: null, reason: reasonOf(error) };
  }
}

const PASSABLE = new Set(['ACCESS_DENIED', 'BUCKET_NOT_FOUND', 'WRONG_REGION', 'S3_FAILED']);

/** Why no report of a configuration can serve, whatever it holds; null where one may. */
function unfitness(configuration: InventoryConfiguration, request: ReportRequest): string | null {
  if (configuration.versions !== 'All')
    return 'it lists current versions only; a rollback needs all versions';
  const { prefix } = configuration;
  const isCovered =
    prefix === '' ||
    (request.prefixes.length > 0 && request.prefixes.every((asked) => asked.startsWith(prefix)));
  if (!isCovered) return `it lists keys below '${prefix}' only, and the plan reaches further`;
  if (request.formats.includes(configuration.format)) return null;
  return `its reports are ${configuration.format}, which the embedded engine does not read; Athena does`;
}

async function newestReport(
  calls: InventoryCalls,
  configuration: InventoryConfiguration,
  request: ReportRequest,
): Promise<Look> {
  const { bucket, prefix } = configuration.destination;
  const folder = `${prefix === '' ? '' : `${prefix}/`}${request.bucket}/${configuration.id}/`;
  const stamps = (await calls.listFolders(bucket, folder)).filter((name) => STAMP.test(name)).toSorted();
  const newest = stamps.at(-1);
  if (newest === undefined) {
    return {
      report: null,
      reason: `there is no report below s3://${bucket}/${folder} yet; the first comes within 48 hours of configuring`,
    };
  }
  const earliest = Date.parse(request.timestamp) + MIN_MS_AFTER_POINT_IN_TIME;
  const fresh = stamps.filter((stamp) => startOf(stamp).getTime() >= earliest);
  if (fresh.length === 0) return { report: null, reason: tooOld(newest, configuration, request) };
  const refused: string[] = [];
  for (const stamp of fresh.toReversed().slice(0, MAX_REPORTS_OPENED)) {
    const key = `${folder}${stamp}/manifest.json`;
    const look = await openReport(calls, configuration, request, { bucket, key });
    if (look.report === null) refused.push(`report ${stamp}: ${look.reason}`);
    else return { ...look, reason: [look.reason, ...refused].join('; ') };
  }
  const unopened = fresh.length - refused.length;
  return {
    report: null,
    reason: `${refused.join('; ')}${unopened > 0 ? `; ${unopened} older ones were not opened` : ''}`,
  };
}

/** The stamp is the start of the scan; what was written after it may be missing from the report. */
function startOf(stamp: string): Date {
  return new Date(stamp.replace(STAMP, '$1T$2:$3:00Z'));
}

function tooOld(newest: string, { frequency }: InventoryConfiguration, { timestamp }: ReportRequest): string {
  const start = startOf(newest);
  const age = start.getTime() - Date.parse(timestamp);
  const next = frequency === 'Weekly' ? 'the next comes on Sunday' : 'the next comes within a day';
  const began = `its newest report began at ${formatInstant(start)}`;
  return age <= 0
    ? `${began}, before the point in time, so it cannot show what came after; ${next}`
    : `${began}, only ${formatDuration(age / 1000)} after the point in time, and may not hold what happened then; ${next}`;
}

async function openReport(
  calls: InventoryCalls,
  configuration: InventoryConfiguration,
  request: ReportRequest,
  at: { bucket: string; key: string },
): Promise<Look> {
  const { bucket, key } = at;
  const location = `s3://${bucket}/${key}`;
  const refuse = (reason: string): Look => ({ report: null, reason });
  const text = await calls.readText(bucket, key);
  const checksum = await calls.readText(bucket, key.replace(/json$/, 'checksum'));
  // S3 writes both at the end: without them the report is not complete ("Inventory manifest").
  if (text === null || checksum === null) {
    return refuse(`it has no manifest.${text === null ? 'json' : 'checksum'}, so it is not complete`);
  }
  const md5 = createHash('md5').update(text).digest('hex');
  if (md5 !== checksum.trim().toLowerCase()) {
    return refuse(`manifest.json has the MD5 ${md5}, manifest.checksum says ${checksum.trim().slice(0, 40)}`);
  }
  try {
    const manifest = parseManifest(text, location);
    if (manifest.sourceBucket !== request.bucket) {
      return refuse(`its manifest names the bucket '${manifest.sourceBucket}'`);
    }
    const format = (['CSV', 'ORC', 'Parquet'] as const).find(
      (name) => name.toLowerCase() === manifest.fileFormat.toLowerCase(),
    );
    if (format === undefined || !request.formats.includes(format)) {
      return refuse(`its files are ${manifest.fileFormat}, which this engine does not read`);
    }
    if (manifest.files.length === 0) return refuse('it lists no file');
    const columns = parseFileSchema(manifest.fileSchema).map(({ name }) => name);
    matchColumns(
      columns.map((name) => ({ name, type: '' })),
      'it',
    );
    const takenAt = new Date(Number(manifest.creationTimestamp));
    const files = manifest.files.map((file) => ({
      key: file.key,
      bytes: file.size ?? 0,
      md5: file.MD5checksum.toLowerCase(),
    }));
    return {
      report: { configuration: configuration.id, location, format, takenAt, files, columns },
      reason: describe(takenAt, format, columns, request),
    };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return refuse(error.message.replace(/\.$/, ''));
  }
}

/** What the report is, and what it does not tell. */
function describe(takenAt: Date, format: string, columns: readonly string[], request: ReportRequest): string {
  const missing = missingOptionalFields(columns);
  const after = formatDuration((takenAt.getTime() - Date.parse(request.timestamp)) / 1000);
  return [
    `a complete ${format} report of a scan that began at ${formatInstant(takenAt)}, ${after} after the point in time`,
    ...(missing.length === 0 ? [] : [`without ${missing.join(' and ')}`]),
  ].join('; ');
}

/** The fields that a plan uses and can do without, of those that a report lacks; each with what it costs. */
export function missingOptionalFields(columns: readonly string[]): string[] {
  const spelled = new Set(columns.map((name) => name.toLowerCase().replaceAll('_', '')));
  return OPTIONAL_FIELDS.filter(([name]) => !spelled.has(name)).map(([, cost]) => cost);
}

function considered(name: string | null, reason: string): ConsideredSource {
  return { source: 's3-inventory', name, chosen: false, reason };
}

/** The newest; of the same moment Parquet, which is read fastest. */
function byNewest(left: Look, right: Look): number {
  const time = (look: Look) => look.report?.takenAt.getTime() ?? 0;
  const rank = (look: Look) => Number(look.report?.format === 'Parquet');
  return time(right) - time(left) || rank(right) - rank(left);
}
