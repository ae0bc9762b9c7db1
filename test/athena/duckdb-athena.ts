import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AthenaService, type QueryAnswer, type QueryBackend } from '../../sandbox/athena/athena.ts';
import { toTrinoStatement } from '../../sandbox/athena/ctas.ts';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import type { QueryEngine, QueryRow } from '../../src/engine/query-engine.ts';
import { sqlIdentifier, sqlText } from '../../src/render/sql.ts';

/**
 * Athena and Glue over the sandbox, with DuckDB to run Athena's text for real: quick enough for every test run, where
 * the tests on Trino need a server. It knows the functions that the queries use, and no more of the dialect.
 */
export type DuckDbAthena = { athena: AthenaService; glue: GlueCatalog; stop(): void };

/** Trino's functions in DuckDB's words. */
const MACROS = [
  'from_iso8601_timestamp(x) AS CAST(x AS timestamptz)',
  "date_format(x, y) AS strftime(x, replace(replace(y, '%i', '%M'), '%s', '%S'))",
  'from_unixtime(x) AS to_timestamp(x)',
  'array_join(x, y) AS array_to_string(x, y)',
  'regexp_like(x, y) AS regexp_matches(x, y)',
  'to_utf8(x) AS encode(x)',
  'xxhash64(x) AS hash(x)',
  'from_big_endian_64(x) AS x',
];
const TABLE_NAME = /"(?<database>[^"]+)"\."inventory"/;
const TABLE_AS = /^(?<head>CREATE TABLE .*? WITH \([^)]*\) AS)\b(?<select>.*)$/s;
const BYTES_OF_TEXT = /length\(to_utf8\(/g;

/** @param folder for work files */
export async function startDuckDbAthena(
  sandbox: Sandbox,
  recordBucket: string,
  folder: string,
): Promise<DuckDbAthena> {
  const engine = await openDuckDb({ workFolder: folder, memoryLimit: '1GB', threads: 1 });
  // Trino divides whole numbers without a rest.
  await engine.run('SET integer_division = true');
  for (const macro of MACROS) await engine.run(`CREATE MACRO ${macro}`);
  const glue = new GlueCatalog();
  const backend = backendOver({ engine, glue, sandbox, folder });
  const athena = new AthenaService(backend, `s3://${recordBucket}/work/`);
  athena.isPrompt = true;
  sandbox.routes.push(...glue.routes(), ...athena.routes());
  return { athena, glue, stop: () => engine.close() };
}

type Site = { engine: QueryEngine; glue: GlueCatalog; sandbox: Sandbox; folder: string };

function backendOver(site: Site): QueryBackend {
  const { engine } = site;
  const opened = new Map<string, Promise<number>>();
  return {
    async execute(sql, location) {
      const database = TABLE_NAME.exec(sql)?.groups?.database;
      let scannedBytes = 0;
      if (database !== undefined) {
        if (!opened.has(database)) opened.set(database, openInventory(site, database));
        scannedBytes = (await opened.get(database)) ?? 0;
      }
      const { table, sql: text } = toTrinoStatement(sql, null);
      const spoken = text.replace(BYTES_OF_TEXT, 'strlen((');
      if (table === null) return answerOf(await engine.rows(spoken), scannedBytes);
      const { head, select } = TABLE_AS.exec(spoken)?.groups ?? {};
      if (head === undefined || select === undefined) throw new Error(`no CREATE TABLE AS: ${spoken}`);
      if (head.includes("'TEXTFILE'")) await writeParts(site, table, location, await engine.rows(select));
      else await engine.run(`CREATE TABLE ${table} AS ${select}`);
      return answerOf([], scannedBytes);
    },
  };
}

function answerOf(rows: QueryRow[], scannedBytes: number): QueryAnswer {
  const names = Object.keys(rows[0] ?? {});
  return {
    columns: names.map((name) => ({
      name,
      type: rows.some((row) => typeof row[name] === 'boolean') ? 'boolean' : 'varchar',
    })),
    rows: rows.map((row) => names.map((name) => (row[name] === null ? null : String(row[name])))),
    scannedBytes,
  };
}

/** Makes the table `inventory` of a database over the files that its list of links names. @returns their bytes */
async function openInventory({ engine, glue, sandbox, folder }: Site, database: string): Promise<number> {
  const fields = glue.databases.get(database)?.tables.get('inventory')?.fields;
  const storage = fields?.StorageDescriptor as
    | { Location: string; Columns: { Name: string }[]; SerdeInfo: { SerializationLibrary: string } }
    | undefined;
  if (storage === undefined) throw new Error(`TABLE_NOT_FOUND: ${database}.inventory`);
  const links = readObject(sandbox, `${storage.Location}symlink.txt`).toString('utf8').trimEnd().split('\n');
  const paths: string[] = [];
  let bytes = 0;
  for (const url of links) {
    const body = readObject(sandbox, url);
    bytes += body.length;
    const name = createHash('sha256').update(url).digest('hex');
    paths.push(join(folder, `${name}${url.endsWith('.gz') ? '.csv.gz' : ''}`));
    await writeFile(paths.at(-1) ?? '', body);
  }
  const files = `[${paths.map(sqlText).join(', ')}]`;
  const columns = storage.Columns.map(({ Name }) => `${sqlText(Name)}: 'VARCHAR'`).join(', ');
  const reader = storage.SerdeInfo.SerializationLibrary.includes('parquet')
    ? `read_parquet(${files})`
    : `read_csv(${files}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {${columns}})`;
  await engine.run(`CREATE SCHEMA ${sqlIdentifier(database)}`);
  await engine.run(`CREATE VIEW ${sqlIdentifier(database)}."inventory" AS SELECT * FROM ${reader}`);
  return bytes;
}

/** A table in text files, one row a file, in a folder a partition: as Athena lays it out. */
async function writeParts(
  { glue, sandbox }: Site,
  table: string,
  location: string,
  rows: QueryRow[],
): Promise<void> {
  const [database = '', name = ''] = table.slice(1, -1).split('"."');
  const fields = { Name: name, StorageDescriptor: { Location: location } };
  glue.databases.get(database)?.tables.set(name, { fields, partitions: new Map() });
  for (const { part, text } of rows) {
    const { bucket, key } = placeOf(sandbox, `${location}/part=${part}/0`);
    bucket.put(key, { body: `${text}\n` });
  }
}

function readObject(sandbox: Sandbox, url: string): Buffer {
  const { bucket, key } = placeOf(sandbox, url);
  const found = bucket.current(key);
  if (found === undefined || found.isDeleteMarker) throw new Error(`HIVE_CANNOT_OPEN_SPLIT: ${url}`);
  return found.content.bytes ?? Buffer.alloc(0);
}

function placeOf(sandbox: Sandbox, url: string): { bucket: Bucket; key: string } {
  const [, name = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url) ?? [];
  const bucket = sandbox.store.buckets.get(name);
  if (bucket === undefined) throw new Error(`NoSuchBucket: ${name}`);
  return { bucket, key };
}
