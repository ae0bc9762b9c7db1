import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { ARCHIVED_STORAGE_CLASSES, COPY_STORAGE_CLASSES } from '../s3/storage-class.ts';
import usEast1 from './prices-us-east-1.json' with { type: 'json' };

/**
 * A dated table of list prices. Money is US dollars and every property name carries its unit. A gigabyte is 2^30
 * bytes, as S3 bills it; a terabyte of Athena is taken as 10^12 bytes, the reading that costs more.
 */

const usd = z.number().min(0);
const byClass = z.strictObject({
  STANDARD: usd,
  REDUCED_REDUNDANCY: usd,
  STANDARD_IA: usd,
  ONEZONE_IA: usd,
  INTELLIGENT_TIERING: usd,
  GLACIER_IR: usd,
  GLACIER: usd,
  DEEP_ARCHIVE: usd,
} satisfies Record<(typeof COPY_STORAGE_CLASSES)[number], typeof usd>);
const byInfrequentClass = z.strictObject({ STANDARD_IA: usd, ONEZONE_IA: usd, GLACIER_IR: usd });
const byArchivedClass = z.strictObject({
  GLACIER: usd,
  DEEP_ARCHIVE: usd,
} satisfies Record<(typeof ARCHIVED_STORAGE_CLASSES)[number], typeof usd>);

/** Requests that S3 counts with PUT are "write" (PUT, COPY, POST, UploadPartCopy), with GET are "read" (GET, HEAD). */
const scalarPrices = {
  athenaUsdPerTerabyteScanned: usd,
  batchOperationsUsdPerJob: usd,
  batchOperationsUsdPerMillionTasks: usd,
  lambdaUsdPerMillionRequests: usd,
  lambdaUsdPerGigabyteSecond: usd,
  inventoryUsdPerMillionObjects: usd,
  listUsdPerThousandRequests: usd,
  readUsdPerThousandRequests: usd,
  intelligentTieringUsdPerThousandObjectsMonth: usd,
  expeditedRestoreUsdPerThousandRequests: usd,
  expeditedRestoreUsdPerGigabyte: usd,
  interRegionUsdPerGigabyte: usd,
  kmsUsdPerTenThousandRequests: usd,
  cloudTrailUsdPerHundredThousandDataEvents: usd,
};
const header = { name: z.string().min(1), region: z.string().min(1), asOf: z.iso.date() };

const priceTableSchema = z.strictObject({
  ...header,
  ...scalarPrices,
  writeUsdPerThousandRequestsByClass: byClass,
  storageUsdPerGigabyteMonthByClass: byClass,
  retrievalUsdPerGigabyteByClass: byInfrequentClass,
  bulkRestoreUsdPerThousandRequestsByClass: byArchivedClass,
  bulkRestoreUsdPerGigabyteByClass: byArchivedClass,
  standardRestoreUsdPerThousandRequestsByClass: byArchivedClass,
  standardRestoreUsdPerGigabyteByClass: byArchivedClass,
});
export type PriceTable = z.infer<typeof priceTableSchema>;

const overrideSchema = z
  .strictObject({
    ...header,
    ...scalarPrices,
    writeUsdPerThousandRequestsByClass: byClass.partial(),
    storageUsdPerGigabyteMonthByClass: byClass.partial(),
    retrievalUsdPerGigabyteByClass: byInfrequentClass.partial(),
    bulkRestoreUsdPerThousandRequestsByClass: byArchivedClass.partial(),
    bulkRestoreUsdPerGigabyteByClass: byArchivedClass.partial(),
    standardRestoreUsdPerThousandRequestsByClass: byArchivedClass.partial(),
    standardRestoreUsdPerGigabyteByClass: byArchivedClass.partial(),
  })
  .partial();

/** The table that comes with the product: us-east-1, dated by its `asOf`. */
export function builtInPrices(): PriceTable {
  return priceTableSchema.parse(usEast1);
}

/**
 * Reads a price table that overrides the built-in one, wholly or in part.
 * @param path a JSON file with the properties of the built-in table that differ
 * @throws RunbookError INVALID_PRICES
 */
export async function readPriceTable(path: string): Promise<PriceTable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunbookError('INVALID_PRICES', `the price table '${path}' cannot be read.`, {
      hint: 'check the path given with --prices, or leave it out to use the built-in table',
      cause,
    });
  }
  return parsePriceTable(text, path);
}

/**
 * Merges an override, as JSON text, over the built-in table. A property that the table does not have is refused, so
 * that a misspelt price does not silently keep its old value. An override without a name of its own says so in the
 * name, because the plan shows it beside the figures.
 * @param source what the text came from, for the message
 * @throws RunbookError INVALID_PRICES
 */
export function parsePriceTable(text: string, source: string): PriceTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RunbookError('INVALID_PRICES', `the price table '${source}' is not JSON.`, {
      hint: 'give a JSON object with the prices that differ, for example {"batchOperationsUsdPerJob": 0.25}',
      cause,
    });
  }
  const parsed = overrideSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the table'}: ${issue.message}`,
    );
    throw new RunbookError('INVALID_PRICES', `the price table '${source}': ${problems.join('; ')}.`, {
      hint: 'use the property names of src/plan/prices-us-east-1.json; prices are numbers, at least 0',
      cause: parsed.error,
    });
  }
  const table = builtInPrices();
  return priceTableSchema.parse(merge({ ...table, name: `${table.name}, partly overridden` }, parsed.data));
}

/** Replaces properties, one level into the prices by class. */
function merge(base: Record<string, unknown>, override: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [name, value] of Object.entries(override)) {
    if (value === undefined) continue;
    const before = merged[name];
    merged[name] =
      typeof value === 'object' && value !== null && typeof before === 'object' && before !== null
        ? { ...before, ...value }
        : value;
  }
  return merged;
}
