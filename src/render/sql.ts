import { compileTemplate, readPartials, readTemplate, type TemplateHelper } from './handlebars.ts';

/**
 * SQL from the templates in `sql/`: one source, two dialects. `sql/*.sql.hbs` and `sql/shared/` are written once;
 * what DuckDB and Athena (Trino) spell differently stands under the same name in `sql/duckdb/` and `sql/athena/`.
 * Values enter through helpers that check their argument, never by splicing.
 */

export type SqlDialect = 'duckdb' | 'athena';

const SQL_TEMPLATES = [
  'scan',
  'totals',
  'changed',
  'contradictions',
  'classified',
  'counts',
  'manifest',
  'undo-manifest',
  'review',
  'samples',
  'prefixes',
  'activity',
  'current',
  'state',
  'metadata-boundary',
  'metadata-merge',
  'metadata-snapshot',
  'metadata-requesters',
  'list-slice',
  'refused-rows',
  'retention-counts',
  'retention-selected',
  'retention-tally',
  'retention-manifest',
  'retention-samples',
] as const;
type SqlTemplate = (typeof SQL_TEMPLATES)[number];

/** The templates of one dialect, read once. */
export type SqlRenderer = (template: SqlTemplate, view: object) => string;

const SQL_FOLDER = new URL('../../sql/', import.meta.url);

/** Reads and compiles every template of a dialect, once a process. */
export function loadSql(dialect: SqlDialect): Promise<SqlRenderer> {
  const known = loaded.get(dialect);
  if (known !== undefined) return known;
  const renderer = compileSql(dialect);
  loaded.set(dialect, renderer);
  return renderer;
}

const loaded = new Map<SqlDialect, Promise<SqlRenderer>>();

async function compileSql(dialect: SqlDialect): Promise<SqlRenderer> {
  const partials = await readSqlPartials(['shared', dialect]);
  const compiled = new Map(
    await Promise.all(
      SQL_TEMPLATES.map(async (name) => {
        const source = await readTemplate(new URL(`${name}.sql.hbs`, SQL_FOLDER));
        return [
          name,
          compileTemplate(source, { helpers: SQL_HELPERS, partials, keepLineBreaks: true }),
        ] as const;
      }),
    ),
  );
  return (template, view) => {
    const render = compiled.get(template);
    if (render === undefined) throw new TypeError(`no SQL template '${template}'`);
    // Tags that stand alone leave empty lines behind; the templates have none of their own.
    return `${render(view)
      .replace(/\n[ \t]*(?=\n)/g, '')
      .trim()}\n`;
  };
}

async function readSqlPartials(folders: readonly string[]): Promise<Record<string, string>> {
  const read = await Promise.all(
    folders.map((folder) => readPartials(new URL(`${folder}/`, SQL_FOLDER), '.hbs')),
  );
  // A partial stands in the middle of a line as often as on its own: its last line break is not part of it.
  return Object.fromEntries(
    read.flatMap((partials) => Object.entries(partials).map(([name, text]) => [name, text.trimEnd()])),
  );
}

/** A string literal. Both dialects know one escape only: the doubled quote. */
export function sqlText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`SQL text expected, got ${typeof value}`);
  if (value.includes('\0')) throw new TypeError('SQL text cannot hold a NUL character');
  return `'${value.replaceAll("'", "''")}'`;
}

/** An identifier in double quotes, which both dialects read. */
export function sqlIdentifier(value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw new TypeError('SQL identifier expected');
  }
  return `"${value.replaceAll('"', '""')}"`;
}

/** A table by its catalog, schema and name, or by as many of them as a dialect needs. */
function sqlIdentifierPath(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('a list of SQL identifiers expected');
  return value.map(sqlIdentifier).join('.');
}

/** A whole number within the range that both dialects and JavaScript share. */
export function sqlInteger(value: unknown): string {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new TypeError(`SQL integer expected, got ${value}`);
  return String(value);
}

/** An Iceberg snapshot ID: 64 bits, so it is kept as text. */
function sqlSnapshot(value: unknown): string {
  if (typeof value !== 'string' || !/^\d{1,19}$/.test(value))
    throw new TypeError(`snapshot ID expected, got ${value}`);
  return value;
}

/** A time stamp literal in UTC from `yyyy-mm-ddThh:mm:ssZ`. */
function sqlUtc(value: unknown): string {
  const match = typeof value === 'string' ? /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})Z$/.exec(value) : null;
  if (match === null) throw new TypeError(`UTC time expected, got ${value}`);
  return `TIMESTAMP '${match[1]} ${match[2]}'`;
}

function sqlTextList(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('a list of SQL texts expected');
  return value.map(sqlText).join(', ');
}

const SQL_HELPERS: Record<string, TemplateHelper> = {
  text: sqlText,
  textList: sqlTextList,
  identifier: sqlIdentifier,
  identifierPath: sqlIdentifierPath,
  integer: sqlInteger,
  snapshot: sqlSnapshot,
  utc: sqlUtc,
};
