import { matchColumns, type SourceColumn, stackOrderOf } from '../../src/inventory/columns.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import type { ListShape } from '../../src/plan/list-shape.ts';
import { loadSql } from '../../src/render/sql.ts';
import { manifestQuery, retentionQueries } from '../../src/retention/retention-queries.ts';
import { retentionView } from '../../src/retention/retention-view.ts';
import { datesOf } from '../../src/retention/rule.ts';
import { parseSettings } from '../../src/retention/settings.ts';
import { formatInstant } from '../../src/s3/point-in-time.ts';

/** The Athena text of an extension, for every shape of report and every set of rules. */

const text = (...names: string[]): SourceColumn[] => names.map((name) => ({ name, type: 'VARCHAR' }));
const typed = (lockType: string): SourceColumn[] => [
  ...text('bucket', 'key', 'version_id', 'storage_class', 'e_tag'),
  { name: 'is_latest', type: 'BOOLEAN' },
  { name: 'is_delete_marker', type: 'BOOLEAN' },
  { name: 'size', type: 'BIGINT' },
  { name: 'last_modified_date', type: 'TIMESTAMP' },
  { name: 'object_lock_retain_until_date', type: lockType },
  ...text('object_lock_mode', 'object_lock_legal_hold_status'),
];

/** One line a shape of report. */
const SOURCES: Record<string, Pick<InventorySource, 'format' | 'sourceColumns' | 'csv'>> = {
  csv: {
    format: 's3-inventory-csv',
    csv: { hasHeader: false, compression: 'gzip' },
    sourceColumns: text(
      ...['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate'],
      ...['StorageClass', 'ETag', 'ObjectLockRetainUntilDate', 'ObjectLockMode', 'ObjectLockLegalHoldStatus'],
    ),
  },
  parquet: { format: 's3-inventory-parquet', csv: null, sourceColumns: typed('TIMESTAMP') },
  'parquet-zone': {
    format: 's3-inventory-parquet',
    csv: null,
    sourceColumns: typed('TIMESTAMP WITH TIME ZONE'),
  },
  'parquet-milliseconds': { format: 's3-inventory-parquet', csv: null, sourceColumns: typed('BIGINT') },
  orc: { format: 's3-inventory-orc', csv: null, sourceColumns: typed('TIMESTAMP') },
};

const RULE = { minimumRetentionDays: 90, extensionFrequencyDays: 28 };

/** One line a set of rules. */
const RULES: Record<string, object[]> = {
  whole: [RULE],
  converting: [{ ...RULE, convertGovernance: true, skipLegalHoldOnly: true }],
  prefixes: [
    { ...RULE, prefixes: ["it's", '100%_*', '日本/'] },
    { ...RULE, prefixes: ["it's/a"], mode: 'GOVERNANCE' },
    RULE,
  ],
};

const SHAPES: ListShape[] = [
  { kind: 'size' },
  { kind: 'sample', oneIn: 7 },
  { kind: 'lines', cuts: ["it's", 'm'] },
  { kind: 'parts', partBytes: 8_000_000 },
];

const NOW = new Date('2026-01-05T03:00:00Z');

export async function renderRetentionMatrix(): Promise<
  { name: string; queries: { name: string; text: string }[] }[]
> {
  const sql = await loadSql('athena');
  return Object.entries(SOURCES).flatMap(([sourceName, shape]) => {
    const columns = matchColumns(shape.sourceColumns, sourceName);
    const source: InventorySource = {
      ...shape,
      ...{ location: sourceName, files: [], columns, order: stackOrderOf(columns) },
      ...{ takenAt: NOW, sourceBucket: null },
    };
    return Object.entries(RULES).map(([rulesName, rules]) => {
      const settings = parseSettings(JSON.stringify({ bucket: 'my-bucket', rules }), 'the matrix');
      const dates = settings.rules.map((rule, index) => {
        const { horizon, target } = datesOf(rule, settings.scheduleIntervalDays, NOW);
        return { rule: index + 1, horizon: formatInstant(horizon), target: formatInstant(target) };
      });
      const question = { source, settings, dates, now: formatInstant(NOW) };
      const database = 'rt_test';
      const view = retentionView(question, { dialect: 'athena', database });
      const manifest = { name: 'rule1-compliance', rule: 1, mode: 'COMPLIANCE' } as const;
      const list = manifestQuery(sql, view, manifest);
      const slice = { database, list: list.name, target: `${list.name}_0`, lines: `${list.name}_lines` };
      const queries = [
        ...retentionQueries(sql, view, [manifest]),
        ...SHAPES.map((one) => ({ name: one.kind, text: list.render(one) })),
        {
          name: 'slice',
          text: sql('list-slice', { ...slice, slice: 0, partBytes: 8_000_000, header: null }),
        },
        { name: 'samples', text: sql('retention-samples', view) },
        { name: 'refused-rows', text: sql('refused-rows', view) },
      ];
      return { name: `retention-${sourceName}-${rulesName}`, queries };
    });
  });
}
