import { RunbookError } from '../errors.ts';
import type { InventorySource } from '../inventory/source.ts';
import { formatBytes } from '../review/figures.ts';
import type { AthenaInventory } from './athena-inventory.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import type { FoundSource } from './find-source.ts';
import { automaticInventory } from './plan-source.ts';

export type EngineOptions = EndpointOptions & {
  engine?: string;
  recordBucket?: string;
  workGroup?: string;
  inventory?: string[];
  list?: boolean;
};

export const ENGINES = ['auto', 'duckdb', 'athena'] as const;

/** Above this a report takes longer to bring here than Athena takes to read it where it is. */
const LARGE_INVENTORY_BYTES = 20_000_000_000;

/** The workgroup of the bootstrap stack, which says where results go and what a query may scan at most. */
const DEFAULT_WORK_GROUP = 's3-rewind-plan';

export type AthenaPlace = { recordBucket: string; workGroup: string };

/** What makes the plan, and why; `found` is null where the user named the inventory. */
export type EngineChoice =
  | {
      engine: 'athena';
      place: AthenaPlace;
      inventory: AthenaInventory;
      reason: string;
      found: FoundSource | null;
    }
  | {
      engine: 'duckdb';
      /** null where there was no choice */
      reason: string | null;
      found: FoundSource | null;
    };

/** The choice where a report is named: Athena reads nothing else of it. */
export type ReportChoice =
  | (EngineChoice & { engine: 'athena'; inventory: { kind: 'report' } })
  | (EngineChoice & { engine: 'duckdb' });

/** How the choice looks at what there is. */
export type EngineCalls = {
  /** Opens a report on S3 where it lies. */
  open(url: string, place: AthenaPlace): Promise<InventorySource>;
  /** Finds the best source that Athena reads. */
  find(reportOnly: boolean): Promise<FoundSource>;
};

const MADE_HERE = { engine: 'duckdb', reason: null, found: null } as const;

/**
 * Decides which engine makes the plan: the one that is asked for; else Athena for what DuckDB cannot read (S3 Metadata,
 * ORC) or what is large, where a record bucket is named for it to write to; else DuckDB.
 * @throws RunbookError INVALID_OPTION, NO_USABLE_INVENTORY, INVENTORY_*
 */
export async function chooseEngine(options: EngineOptions, calls: EngineCalls): Promise<EngineChoice> {
  const place = athenaPlace(options);
  if (place === null) return MADE_HERE;
  const word = automaticInventory(options);
  if (word === null) {
    return chooseForNamed(options, place, {
      open: calls.open,
      reads: 'S3 Metadata and S3 Inventory reports on S3',
      hint: 'give --inventory s3://BUCKET/PREFIX/…/manifest.json, or leave --inventory and --list out to have the best source found; leave --engine out to plan with DuckDB',
    });
  }
  return chooseForFound(await calls.find(word === 's3-inventory'), place, options.engine === 'athena', calls);
}

/**
 * The same where the inventory is named, and nothing else will do.
 * @throws RunbookError INVALID_OPTION, INVENTORY_*
 */
export async function chooseReportEngine(
  options: EngineOptions,
  open: EngineCalls['open'],
): Promise<ReportChoice> {
  const place = athenaPlace(options);
  if (place === null) return MADE_HERE;
  return chooseForNamed(options, place, {
    open,
    reads: 'one S3 Inventory report on S3',
    hint: 'give --inventory s3://BUCKET/PREFIX/…/manifest.json, or leave --engine out to plan with DuckDB',
  });
}

/** Where Athena would write; null where it is not to be thought of. @throws RunbookError INVALID_OPTION */
function athenaPlace({ engine, recordBucket, workGroup }: EngineOptions): AthenaPlace | null {
  if (engine === 'duckdb') return null;
  if (recordBucket !== undefined) return { recordBucket, workGroup: workGroup ?? DEFAULT_WORK_GROUP };
  if (engine !== 'athena') return null;
  throw new RunbookError('INVALID_OPTION', '--engine athena needs --record-bucket.', {
    hint: 'name the record bucket of the bootstrap stack: Athena writes its tables and the manifests there',
  });
}

async function chooseForNamed(
  options: EngineOptions,
  place: AthenaPlace,
  { open, reads, hint }: Pick<EngineCalls, 'open'> & { reads: string; hint: string },
): Promise<ReportChoice> {
  const isAsked = options.engine === 'athena';
  const url = reportUrl(options);
  if (url === null) {
    if (!isAsked) return MADE_HERE;
    throw new RunbookError('INVALID_OPTION', `--engine athena reads ${reads}.`, { hint });
  }
  const source = await open(url, place);
  const { isNeeded, reason } = judgeReport(source.format === 's3-inventory-orc', source.files);
  if (!isNeeded && !isAsked) return { ...MADE_HERE, reason };
  const why = isAsked ? 'it was asked for' : reason;
  return { engine: 'athena', place, inventory: { kind: 'report', source }, reason: why, found: null };
}

async function chooseForFound(
  found: FoundSource,
  place: AthenaPlace,
  isAsked: boolean,
  calls: EngineCalls,
): Promise<EngineChoice> {
  const { choice } = found;
  const why = (reason: string) => (isAsked ? 'it was asked for' : reason);
  switch (choice.source) {
    case 's3-metadata': {
      const inventory = { kind: 'metadata', tables: choice.tables } as const;
      const reason = why('the tables of S3 Metadata are read by Athena alone');
      return { engine: 'athena', place, inventory, reason, found };
    }
    case 's3-inventory': {
      const { report } = choice;
      const { isNeeded, reason } = judgeReport(report.format === 'ORC', report.files);
      if (!isNeeded && !isAsked) return { engine: 'duckdb', reason, found };
      const source = await calls.open(report.location, place);
      const inventory = { kind: 'report', source } as const;
      return { engine: 'athena', place, inventory, reason: why(reason), found };
    }
    case 'listing':
      if (!isAsked) return { engine: 'duckdb', reason: 'a listing is read where it is made', found };
      throw nothingForAthena(found);
  }
}

function judgeReport(isOrc: boolean, files: readonly { bytes: number }[]) {
  if (isOrc) return { isNeeded: true, reason: 'the report is ORC, which DuckDB cannot read' };
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return bytes > LARGE_INVENTORY_BYTES
    ? { isNeeded: true, reason: `the report has ${formatBytes(bytes)}, too much to bring to one machine` }
    : {
        isNeeded: false,
        reason: `the report has ${formatBytes(bytes)}, little enough to bring to one machine`,
      };
}

function nothingForAthena({ considered }: FoundSource): RunbookError {
  const reasons = considered
    .filter(({ source }) => source !== 'listing')
    .map(({ source, name, reason }) => `${source}${name === null ? '' : ` '${name}'`}: ${reason}`);
  return new RunbookError(
    'NO_USABLE_INVENTORY',
    `Nothing that Athena reads can serve the plan: ${reasons.join('; ')}.`,
    { hint: 'leave --engine athena out to plan from a listing of now, which this machine makes and reads' },
  );
}

/** The one manifest.json on S3 that the options name, or null. */
function reportUrl({ inventory = [], list }: EngineOptions): string | null {
  const [url, ...others] = inventory;
  if (list === true || url === undefined || others.length > 0) return null;
  return url.startsWith('s3://') && url.endsWith('/manifest.json') ? url : null;
}
