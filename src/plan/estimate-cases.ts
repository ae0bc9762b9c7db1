import { formatDuration } from '../s3/duration.ts';
import { breakDownCosts, type CostByService, type EstimateInput, estimatePlan } from './estimate.ts';
import { ROWS_PER_TASK } from './estimate-rates.ts';
import type { PriceTable } from './prices.ts';

/**
 * The cases that the AWS guidance this project started from publishes figures for. docs/estimates.md shows them by
 * the guidance's method (one task a key) beside split tasks.
 */
type GuidanceCase = {
  name: string;
  input: EstimateInput;
  /** As published; null where the guidance gives no figure. */
  published: Record<keyof CostByService | 'total' | 'time', string | null>;
};

const MILLION = 1_000_000;
const BILLION = 1_000 * MILLION;
/** Bytes of an inventory a version entry: Athena's published $1 for 1 B objects is 0.2 TB at $5. */
const INVENTORY_BYTES_PER_ENTRY = 200;
/** Size of each version that is copied. The guidance names none; it changes the Lambda compute of copies only. */
const COPIED_BYTES = 1_000_000;
/** One version over 5 GiB, which is what makes the published four jobs ($4) out of three scenarios. */
const LARGE_BYTES = 6 * 2 ** 30;

const UNPUBLISHED: GuidanceCase['published'] = {
  athenaUsd: null,
  requestsUsd: null,
  batchOperationsUsd: null,
  lambdaUsd: null,
  total: null,
  time: null,
};

export const GUIDANCE_CASES: GuidanceCase[] = [
  {
    name: '1 B entries; 1 M new, 1 M overwritten (one over 5 GiB), 1 M deleted',
    input: bucketRollback(BILLION, [
      markers('1', MILLION),
      markers('2', MILLION),
      copies('3b', MILLION - 1, COPIED_BYTES),
      copies('3c', 1, LARGE_BYTES),
    ]),
    published: {
      athenaUsd: '$1',
      requestsUsd: '$5',
      batchOperationsUsd: '$4',
      lambdaUsd: '$1',
      total: '≈ $11',
      time: null,
    },
  },
  {
    name: '100 M delete markers, dense (200 M entries)',
    input: bucketRollback(200 * MILLION, [markers('2', 100 * MILLION)]),
    published: { ...UNPUBLISHED, batchOperationsUsd: '($100.25)', lambdaUsd: '$36', time: '3.5 h' },
  },
  {
    name: '100 M delete markers, sparse (10 B entries)',
    input: bucketRollback(10 * BILLION, [markers('2', 100 * MILLION)]),
    published: { ...UNPUBLISHED, batchOperationsUsd: '($100.25)', lambdaUsd: '$36' },
  },
  {
    name: 'The demo: 1 new, 1 overwritten, 1 deleted',
    input: bucketRollback(6, [markers('1', 1), markers('2', 1), copies('3b', 1, COPIED_BYTES)]),
    published: { ...UNPUBLISHED, total: '$0.75–1.00', time: '≈ 2 min' },
  },
  {
    name: '1 M entries; 5,000 deleted',
    input: bucketRollback(MILLION, [markers('2', 5_000)]),
    published: { ...UNPUBLISHED, time: '< 15 min' },
  },
  {
    name: '10 B entries; 1 M deleted',
    input: bucketRollback(10 * BILLION, [markers('2', MILLION)]),
    published: { ...UNPUBLISHED, time: '< 1 h' },
  },
  {
    name: '1 B entries; 4 M new, 3 M overwritten, 3 M deleted',
    input: bucketRollback(BILLION, [
      markers('1', 4 * MILLION),
      markers('2', 3 * MILLION),
      copies('3b', 3 * MILLION, COPIED_BYTES),
    ]),
    published: { ...UNPUBLISHED, time: '< 1 h' },
  },
  {
    name: '1 B entries; 40 M new, 30 M overwritten, 30 M deleted',
    input: bucketRollback(BILLION, [
      markers('1', 40 * MILLION),
      markers('2', 30 * MILLION),
      copies('3b', 30 * MILLION, COPIED_BYTES),
    ]),
    published: { ...UNPUBLISHED, time: '< 5 h' },
  },
];

/** Columns of the tables. The published method runs scenario 3b as a native copy job. */
const COLUMNS = [
  { title: 'One task a key', executor: 'nativeCopy', rowsPerTask: 1, onAthena: true },
  { title: 'Split tasks', executor: 'batch', rowsPerTask: ROWS_PER_TASK, onAthena: true },
  { title: 'Split tasks, native copy', executor: 'nativeCopy', rowsPerTask: ROWS_PER_TASK, onAthena: true },
  { title: 'This machine', executor: 'direct', rowsPerTask: ROWS_PER_TASK, onAthena: false },
] as const;
type Column = (typeof COLUMNS)[number];

const COST_PARTS = [
  ['Athena', 'athenaUsd'],
  ['S3 requests', 'requestsUsd'],
  ['Batch Operations', 'batchOperationsUsd'],
  ['Lambda', 'lambdaUsd'],
  ['**Total**', 'total'],
] as const;

/** The cases with a published price as a Markdown table, in dollars to the cent. */
export function formatGuidanceCosts(prices: PriceTable): string {
  const lines = headLines('| Case | Part | Published |', '|---|---|--:|');
  for (const { name, input, published } of GUIDANCE_CASES) {
    if (COST_PARTS.every(([, part]) => published[part] === null)) continue;
    const figures = COLUMNS.map((column) => estimateColumn(input, prices, column));
    COST_PARTS.forEach(([title, part], index) => {
      const cells = figures.map((figure) => (figure === null ? '–' : formatUsd(figure[part])));
      lines.push(`| ${[index === 0 ? name : '', title, published[part] ?? '–', ...cells].join(' | ')} |`);
    });
  }
  return lines.join('\n');
}

/** The cases with a published time as a Markdown table: query and operations together, in two units. */
export function formatGuidanceTimes(prices: PriceTable): string {
  const lines = headLines('| Case | Published |', '|---|--:|');
  for (const { name, input, published } of GUIDANCE_CASES) {
    if (published.time === null) continue;
    const cells = COLUMNS.map((column) => {
      const figure = estimateColumn(input, prices, column);
      return figure === null ? '–' : formatDuration(figure.seconds);
    });
    lines.push(`| ${[name, published.time, ...cells].join(' | ')} |`);
  }
  return lines.join('\n');
}

function headLines(titles: string, rule: string): string[] {
  return [
    `${titles} ${COLUMNS.map(({ title }) => title).join(' | ')} |`,
    `${rule}${COLUMNS.map(() => '--:|').join('')}`,
  ];
}

/** A column's figures, or null where the column adds nothing: split tasks without a copy to run natively. */
function estimateColumn(
  input: EstimateInput,
  prices: PriceTable,
  { executor, rowsPerTask, onAthena }: Column,
): (CostByService & { total: number; seconds: number }) | null {
  const { query, totals } = estimatePlan(input, prices, { rowsPerTask });
  if (totals[executor] === null && rowsPerTask > 1) return null;
  const total = totals[executor] ?? totals.batch;
  const costs = breakDownCosts(input, prices, executor, { rowsPerTask });
  const queryUsd = onAthena ? query.costUsd : 0;
  return {
    ...costs,
    athenaUsd: queryUsd,
    total: queryUsd + total.costUsd,
    seconds: total.seconds + (onAthena ? query.seconds : 0),
  };
}

function formatUsd(usd: number): string {
  return usd.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
}

type Scenario = EstimateInput['scenarios'][number];

function markers(scenario: '1' | '2', keys: number): Scenario {
  return { scenario, keys, rows: keys, bytes: keys * COPIED_BYTES, byStorageClass: [] };
}

function copies(scenario: '3b' | '3c', keys: number, bytesEach: number): Scenario {
  const bytes = keys * bytesEach;
  return {
    scenario,
    keys,
    rows: keys,
    bytes,
    byStorageClass: [{ storageClass: 'STANDARD', keys, bytes }],
  };
}

function bucketRollback(entries: number, scenarios: Scenario[]): EstimateInput {
  return {
    mode: 'bucket-rollback',
    entries,
    entriesInScope: entries,
    keysInScope: entries / 2,
    inventoryBytes: entries * INVENTORY_BYTES_PER_ENTRY,
    storageClass: 'as-source',
    crossRegion: false,
    scenarios,
  };
}
