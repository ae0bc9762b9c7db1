import { matchColumns, type SourceColumn, stackOrderOf } from '../../src/inventory/columns.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import { listQueries } from '../../src/plan/build-plan.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import { queryView } from '../../src/plan/query-view.ts';
import { renderRollbackTemplate } from '../../src/plan/template.ts';
import { loadSql } from '../../src/render/sql.ts';
import { TASK_CODE } from '../plan/task-code-fixture.ts';

/** Everything that Athena and CloudFormation are given, for every shape of inventory and every set of options. */
export type Rendered = { name: string; queries: { name: string; text: string }[]; template: string };

const text = (...names: string[]): SourceColumn[] => names.map((name) => ({ name, type: 'VARCHAR' }));

/** One line a shape of inventory. */
const SOURCES: Record<string, Pick<InventorySource, 'format' | 'sourceColumns' | 'csv'>> = {
  csv: {
    format: 'csv',
    csv: { hasHeader: true, compression: 'none' },
    sourceColumns: text(
      'bucket_name',
      'key_name',
      'version_id',
      'is_latest',
      'delete_marker',
      'size',
      'last_modified',
      'storage_class',
      'e_tag',
    ),
  },
  report: {
    format: 's3-inventory-csv',
    csv: { hasHeader: false, compression: 'gzip' },
    sourceColumns: text(
      'Bucket',
      'Key',
      'VersionId',
      'IsLatest',
      'IsDeleteMarker',
      'Size',
      'LastModifiedDate',
      'ETag',
      'StorageClass',
      'IsMultipartUploaded',
      'EncryptionStatus',
      'IntelligentTieringAccessTier',
    ),
  },
  parquet: {
    format: 's3-inventory-parquet',
    csv: null,
    sourceColumns: [
      ...text('bucket', 'key', 'version_id', 'storage_class', 'e_tag', 'encryption_status'),
      { name: 'is_latest', type: 'BOOLEAN' },
      { name: 'is_delete_marker', type: 'BOOLEAN' },
      { name: 'size', type: 'BIGINT' },
      { name: 'last_modified_date', type: 'TIMESTAMP' },
    ],
  },
  orc: {
    format: 's3-inventory-orc',
    csv: null,
    sourceColumns: [
      ...text('bucket', 'key', 'version_id', 'storage_class', 'e_tag'),
      { name: 'is_latest', type: 'BOOLEAN' },
      { name: 'is_delete_marker', type: 'BOOLEAN' },
      { name: 'size', type: 'BIGINT' },
      { name: 'last_modified_date', type: 'TIMESTAMP' },
    ],
  },
  listing: {
    format: 'parquet',
    csv: null,
    sourceColumns: [
      ...text('bucket', 'key', 'version_id', 'storage_class', 'e_tag'),
      { name: 'is_latest', type: 'BOOLEAN' },
      { name: 'is_delete_marker', type: 'BOOLEAN' },
      { name: 'size', type: 'INTEGER' },
      { name: 'last_modified', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'ordinal', type: 'BIGINT' },
    ],
  },
  sequenced: {
    format: 'parquet',
    csv: null,
    sourceColumns: [
      ...text('bucket', 'key', 'version_id', 'storage_class', 'e_tag', 'sequence_number'),
      { name: 'is_latest', type: 'BOOLEAN' },
      { name: 'is_delete_marker', type: 'BOOLEAN' },
      { name: 'size', type: 'BIGINT' },
      { name: 'last_modified_date', type: 'TIMESTAMP' },
    ],
  },
};

/** One line a set of options. */
const OPTIONS: Record<string, Partial<RawPlanInputs>> = {
  rollback: {},
  'rollback-prefixes': { prefix: ["it's", '100%_*', 'data/2025/'] },
  'rollback-markers-copy': { markers: 'copy', noncurrentExpirationDays: '30' },
  'rollback-uncertain': { includeUncertain: 'ambiguous,suspect-multipart,uncertain-expired,uncopyable' },
  'rollback-scenario-2': { scenarios: '2', multipartWindow: '0s' },
  'marker-removal': { mode: 'delete-marker-removal' },
  'marker-removal-copy': { mode: 'delete-marker-removal', markers: 'copy', prefix: ['a/'] },
  'rollback-kms': { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d' },
  'rollback-native-copy': { copyWith: 's3-batch-copy', prefix: ['$', 'a*b?/', '\u65e5\u672c/'] },
  'copy-to-bucket-native': {
    mode: 'copy-to-bucket',
    destinationBucket: 'my-copy',
    copyWith: 's3-batch-copy',
    kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/0a1b2c3d',
  },
  'copy-to-bucket': { mode: 'copy-to-bucket', destinationBucket: 'my-copy', noncurrentExpirationDays: '7' },
};

/** Two, so that the copies take a manifest each. */
const CLASSES = new Map([
  ['STANDARD', 1],
  ['STANDARD_IA', 1],
] as const);

const NOW = new Date('2025-09-01T00:00:00Z');

/** Renders the whole matrix. */
export async function renderMatrix(): Promise<Rendered[]> {
  const sql = await loadSql('athena');
  const rendered: Rendered[] = [];
  for (const [sourceName, shape] of Object.entries(SOURCES)) {
    const columns = matchColumns(shape.sourceColumns, sourceName);
    const source: InventorySource = {
      ...shape,
      location: sourceName,
      files: [{ path: 'inventory', bytes: 1_000_000, expectedMd5: null }],
      columns,
      order: stackOrderOf(columns),
      takenAt: NOW,
      sourceBucket: null,
    };
    for (const [optionName, options] of Object.entries(OPTIONS)) {
      const raw = { bucket: 'my-bucket', timestamp: '2025-08-30T02:00:00Z', ...options };
      const inputs = parsePlanInputs(raw, NOW);
      const queries = listQueries(
        sql,
        queryView(inputs, source, 'athena', { database: 'rb_test', takenAt: NOW }),
        inputs,
        inputs.copyWith === undefined
          ? []
          : [{ scenario: inputs.mode === 'copy-to-bucket' ? '5b' : '3b', classes: CLASSES }],
      );
      const template = await renderRollbackTemplate({
        ...{ rollbackId: 'rb-test', database: 'rb_test', inputs, source, queries },
        manifests: inputs.scenarios.map((scenario) => ({ scenario, bytes: 1_000, rows: 10 })),
        taskCode: TASK_CODE,
      });
      rendered.push({ name: `${sourceName}-${optionName}`, queries, template });
    }
  }
  return rendered;
}
