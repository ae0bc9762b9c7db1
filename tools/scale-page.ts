import { SeededRandom } from '../sandbox/random.ts';
import { divideList } from '../src/plan/athena-lists.ts';
import { type EstimateInput, estimatePlan } from '../src/plan/estimate.ts';
import * as rates from '../src/plan/estimate-rates.ts';
import { planAssembly } from '../src/plan/list-parts.ts';
import { builtInPrices } from '../src/plan/prices.ts';

/** docs/scale.md: what a plan of 10 billion entries comes to, by the code that estimates and divides it. */

const BILLION = 1_000_000_000;
/** Measured: 10 M entries of bench/generate.ts have 0.83 GB as Parquet. */
const PARQUET_BYTES_PER_ENTRY = 83;
/** bucket of 24 characters, key of 60, two version IDs of 32, size and class */
const BYTES_PER_LINE = 170;
/** Cells in the key space per key: what a slice's size varies by when a sample of 200 keys cuts it. */
const SLICE_DEVIATION = 1 / Math.sqrt(200);

type Case = { name: string; entries: number; rows: { scenario: '1' | '2' | '3b'; rows: number }[] };

const CASES: Case[] = [
  { name: '100 M entries, 1 M changes', entries: 100_000_000, rows: rowsOf(1_000_000) },
  { name: '1 B entries, 100 M changes', entries: BILLION, rows: rowsOf(100_000_000) },
  { name: '10 B entries, 1 M changes', entries: 10 * BILLION, rows: rowsOf(1_000_000) },
  { name: '10 B entries, 1 B changes', entries: 10 * BILLION, rows: rowsOf(BILLION) },
];

/** An incident that deletes more than it overwrites. */
function rowsOf(rows: number): Case['rows'] {
  return [
    { scenario: '1', rows: rows * 0.1 },
    { scenario: '2', rows: rows * 0.6 },
    { scenario: '3b', rows: rows * 0.3 },
  ];
}

const count = (value: number) => Math.round(value).toLocaleString('en-US');
const gigabytes = (bytes: number) => `${count(bytes / 1e9)} GB`;
const usd = (value: number) => (value < 10 ? `$${value.toFixed(2)}` : `$${count(value)}`);
const hours = (seconds: number) =>
  seconds < 3600 ? `${count(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;

function estimateInput({ entries, rows }: Case): EstimateInput {
  return {
    mode: 'bucket-rollback',
    entries,
    entriesInScope: entries,
    keysInScope: entries * 0.57,
    inventoryBytes: entries * PARQUET_BYTES_PER_ENTRY,
    storageClass: 'as-source',
    crossRegion: false,
    scenarios: rows.map(({ scenario, rows: own }) => ({
      scenario,
      keys: own,
      rows: own,
      bytes: own * 100_000,
      byStorageClass: [],
    })),
  };
}

/** Files of a list as its slices leave them: full parts, and one that is not full at the end of each slice. */
function simulateFiles(bytes: number): { url: string; bytes: number }[] {
  const { partBytes, slices } = divideList(bytes, 'list');
  const random = new SeededRandom(1);
  const shares = Array.from({ length: slices }, () => 1 + SLICE_DEVIATION * gaussian(random));
  const all = shares.reduce((sum, share) => sum + share, 0);
  return shares.flatMap((share, slice) => {
    const own = Math.round((bytes * share) / all);
    const parts = Math.ceil(own / partBytes);
    return Array.from({ length: parts }, (_, part) => ({
      url: `part=${slice}-${part}`,
      bytes: part < parts - 1 ? partBytes : own - partBytes * (parts - 1),
    }));
  });
}

/** Sum of twelve uniform numbers, which is close enough to a normal one. */
function gaussian(random: SeededRandom): number {
  return Array.from({ length: 12 }, () => random.fraction()).reduce((sum, value) => sum + value, -6);
}

function planRow(one: Case): string {
  const { query } = estimatePlan(estimateInput(one), builtInPrices());
  const cells = [one.name, gigabytes(query.bytesScanned), usd(query.costUsd), hours(query.seconds)];
  return `| ${cells.join(' | ')} |`;
}

function listRow({ name, rows }: Case): string {
  const largest = rows.reduce((most, { rows: own }) => Math.max(most, own), 0);
  const bytes = largest * BYTES_PER_LINE;
  const { partBytes, slices } = divideList(bytes, 'list');
  const files = simulateFiles(bytes);
  const bySlice = Map.groupBy(files, ({ url }) => url.split('-')[0]);
  const perSlice = Math.max(...[...bySlice.values()].map((own) => own.length));
  const parts = planAssembly(files, 'list');
  const through = parts
    .filter(({ sources }) => sources.length > 1)
    .reduce((sum, part) => sum + part.bytes, 0);
  const cells = [
    name,
    count(largest),
    gigabytes(bytes),
    count(slices),
    `${(partBytes / 1024 ** 2).toFixed(1)} MiB`,
    count(perSlice),
    count(parts.length),
    `${count(through / 1e6)} MB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function runRow(one: Case): string {
  const { totals, concurrency = 0 } = estimatePlan(estimateInput(one), builtInPrices());
  const { tasks, costUsd, seconds } = totals.batch;
  const rows = one.rows.reduce((sum, { rows: own }) => sum + own, 0);
  const cells = [
    one.name,
    count(tasks),
    count(Math.min(tasks, concurrency)),
    `${count(rows / seconds)}/s`,
    usd(costUsd),
    hours(seconds),
  ];
  return `| ${cells.join(' | ')} |`;
}

export function scalePage(): string {
  return `# Plans of billions of entries

Nothing of this size has been run: the figures come out of the code that estimates, divides and puts together, with the
prices and rates of [estimates.md](estimates.md). What was run is in \`bench/README.md\`. This page is made by \`npm run docs\`.

The inventory is taken to have ${PARQUET_BYTES_PER_ENTRY} bytes an entry, which is what the benchmark's Parquet has, and 57 % as many keys as entries. Of the
changes, 10 % add a delete marker, 60 % remove one and 30 % copy a version of 100 KB.

## The plan on Athena
| | Bytes scanned | Cost | Time |
| --- | --- | --- | --- |
${CASES.map(planRow).join('\n')}

The scan reads every needed column once. The pass that collects the entries of changed keys reads the column of the keys again,
and the others where they match; with changes all over the key space it can read everything again, so take up to twice these bytes. A query ends
after 30 minutes; the quota can be raised to 240. Two queries bear the load, \`scan\` and \`changed\`; the rest work on the
changed keys alone.

A plan from S3 Metadata makes its inventory first: one pass over the live inventory table and the part of the journal since P, with a window
over all entries, written as Parquet. The table above does not hold that pass; its bytes depend on the two tables, which plan.json
tells afterwards (\`engine.scannedBytes\`). It has not been measured at any size.

## The lists
| | Rows of the largest | Size | Slices (queries) | Part | Most parts in a slice | Parts of the upload | Through the runner |
| --- | --- | --- | --- | --- | --- | --- | --- |
${CASES.map(listRow).join('\n')}

Limits that hold: 100 partitions a query (Athena), 32 MB a row (Athena), 10,000 parts of at least 5 MiB each (S3). The slices are cut by a
sample of 200 keys each, so that they come out uneven; the parts a query may write leave room for that. The simulation makes
slices of such sizes and puts them together with the code that does it. Only the end of a slice that is shorter than 5 MiB goes through
the runner, together with the part behind it; a list below 64 MiB is read there as a whole.

A line has ${BYTES_PER_LINE} bytes here. A list can have ${count((6000 * 24 * 1024 * 1024) / BYTES_PER_LINE / 1e6)} million such lines; a larger one is refused, with the advice to plan by prefix.

## The run with S3 Batch Operations
| | Tasks | Lambda functions at a time | Rows | Cost | Time |
| --- | --- | --- | --- | --- | --- |
${CASES.map(runRow).join('\n')}

A task is a split of ${count(rates.ROWS_PER_TASK)} rows. At a billion rows the rate of S3 decides, not Lambda: ${count(rates.S3_WRITES_PER_SECOND)} writes a second over all prefixes are
reckoned with. The manifest of a job is the list of its splits, about 100 bytes each. \`deploy\` reserves as many functions
as reach that rate, ${rates.RESERVED_CONCURRENCY_LEAST} to ${rates.RESERVED_CONCURRENCY_MOST} of them; only where bytes decide, in copies of large objects, would more be quicker (\`--reserved-concurrency\`).
`;
}
