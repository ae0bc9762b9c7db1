import { MAX_COPY_OBJECT_BYTES } from '../src/s3/rollback.ts';

/** What the plan is compared with on Trino, over the table `inventory` of a schema. */

const COLUMNS = [
  'bucket',
  'key',
  'version_id',
  'is_latest',
  'is_delete_marker',
  'size',
  'last_modified_date',
  'storage_class',
  'is_multipart_uploaded',
  'encryption_status',
  'intelligent_tiering_access_tier',
];

/**
 * Every column that a plan of this inventory reads is read and counted; nothing else happens. A plan needs `e_tag` only
 * where no column tells multipart uploads.
 */
export function scanStatement(schema: string, more: readonly string[] = []): string {
  const columns = [...COLUMNS, ...more];
  return `SELECT ${columns.map((column) => `count(${column})`).join(', ')} FROM ${schema}.inventory`;
}

/**
 * What a tool does that has one query a step, each over the whole inventory: the current entries, the entries at the
 * point in time, the changed keys, the counts, and every scenario. No validation, no review lists.
 */
export function chainStatements(schema: string, pointInTime: string): Record<string, string> {
  const p = `TIMESTAMP '${pointInTime.replace('T', ' ').replace('Z', '')}'`;
  const table = `${schema}.inventory`;
  const atP = `SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY key ORDER BY last_modified_date DESC) AS place
    FROM ${table} WHERE last_modified_date <= ${p}) AS numbered WHERE place = 1`;
  const after = `SELECT key, count(*) AS entries, count_if(NOT is_delete_marker) AS versions FROM ${table}
    WHERE last_modified_date > ${p} GROUP BY key`;
  const joined = `FROM (${after}) AS after LEFT JOIN (${atP}) AS at_p ON at_p.key = after.key`;
  const archived = "at_p.storage_class IN ('GLACIER', 'DEEP_ARCHIVE')";
  const copied = 'after.versions > 0 AND NOT at_p.is_delete_marker';
  const create = (name: string, query: string) =>
    `CREATE TABLE ${schema}.chain_${name} WITH (format = 'PARQUET') AS ${query}`;
  const copies = (condition: string) =>
    `SELECT at_p.key, at_p.version_id, at_p.size ${joined} WHERE ${copied} AND ${condition}`;
  return {
    current: create(
      'current',
      `SELECT key, version_id, is_delete_marker, size FROM ${table} WHERE is_latest`,
    ),
    'entry at P': create(
      'at_p',
      `SELECT key, version_id, is_delete_marker, size, storage_class FROM (${atP}) AS t`,
    ),
    changed: create('changed', after),
    counts: `SELECT at_p.is_delete_marker, at_p.storage_class, count(*), sum(at_p.size) ${joined} GROUP BY 1, 2`,
    'scenario 1': create(
      's1',
      `SELECT after.key ${joined} WHERE after.versions > 0 AND coalesce(at_p.is_delete_marker, true)`,
    ),
    'scenario 2': create(
      's2',
      `SELECT i.key, i.version_id FROM ${table} AS i JOIN (SELECT after.key ${joined} WHERE after.versions = 0 AND NOT at_p.is_delete_marker) AS k ON k.key = i.key WHERE i.last_modified_date > ${p}`,
    ),
    'scenario 3a': create('s3a', copies(archived)),
    'scenario 3b': create('s3b', copies(`NOT ${archived} AND at_p.size <= ${MAX_COPY_OBJECT_BYTES}`)),
    'scenario 3c': create('s3c', copies(`NOT ${archived} AND at_p.size > ${MAX_COPY_OBJECT_BYTES}`)),
  };
}
