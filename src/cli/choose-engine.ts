import { RunbookError } from '../errors.ts';
import type { InventorySource } from '../inventory/source.ts';
import { formatBytes } from '../review/figures.ts';
import type { EndpointOptions } from './endpoint-options.ts';

export type EngineChoice = EndpointOptions & {
  engine?: string;
  recordBucket?: string;
  workGroup?: string;
  inventory?: string[];
  list?: boolean;
};

export const ENGINES = ['auto', 'duckdb', 'athena'] as const;

/** Above this a report takes longer to bring here than Athena takes to read it where it is. */
const LARGE_INVENTORY_BYTES = 20_000_000_000;

/** What a plan on Athena starts from. */
export type AthenaChoice = {
  source: InventorySource;
  recordBucket: string;
  workGroup: string;
  reason: string;
};

/**
 * Decides which engine makes the plan: the one that is asked for; else Athena for reports that DuckDB cannot read (ORC)
 * or that are large, where a record bucket is named for it to write to; else DuckDB.
 * @param open opens a report on S3 where it lies
 * @returns null for DuckDB
 * @throws RunbookError INVALID_OPTION, INVENTORY_*
 */
export async function chooseAthena(
  options: EngineChoice,
  open: (url: string, place: { recordBucket: string; workGroup: string }) => Promise<InventorySource>,
): Promise<AthenaChoice | null> {
  const { engine = 'auto', recordBucket } = options;
  if (engine === 'duckdb') return null;
  const [url, ...others] = options.inventory ?? [];
  const isReport = others.length === 0 && url?.startsWith('s3://') === true && url.endsWith('/manifest.json');
  if (engine === 'athena') {
    if (recordBucket === undefined) {
      throw new RunbookError('INVALID_OPTION', '--engine athena needs --record-bucket.', {
        hint: 'name the record bucket of the bootstrap stack: Athena writes its tables and the manifests there',
      });
    }
    if (!isReport) {
      throw new RunbookError('INVALID_OPTION', '--engine athena reads S3 Inventory reports on S3.', {
        hint: 'give --inventory s3://BUCKET/PREFIX/…/manifest.json, or leave --engine out to plan with DuckDB',
      });
    }
  }
  if (recordBucket === undefined || url === undefined || !isReport) return null;
  const place = { recordBucket, workGroup: options.workGroup ?? DEFAULT_WORK_GROUP };
  const source = await open(url, place);
  if (engine === 'athena') return { source, ...place, reason: 'it was asked for' };
  if (source.format === 's3-inventory-orc') {
    return { source, ...place, reason: 'the report is ORC, which DuckDB cannot read' };
  }
  const bytes = source.files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= LARGE_INVENTORY_BYTES) return null;
  return {
    source,
    ...place,
    reason: `the report has ${formatBytes(bytes)}, too much to bring to one machine`,
  };
}

/** The workgroup of the bootstrap stack, which says where results go and what a query may scan at most. */
const DEFAULT_WORK_GROUP = 's3-rewind-plan';
