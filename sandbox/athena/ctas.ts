/**
 * Athena's CREATE TABLE AS in the words of the hive connector of Trino: the properties have other names there, and where
 * the table goes is Athena's own choice, a folder named after the query (Athena User Guide, "CTAS table properties").
 */

const CTAS =
  /^(?<comments>(?:--[^\n]*\n|\s)*)CREATE TABLE (?<table>"[^"]+"\."[^"]+")\s+WITH \((?<list>[^)]*)\)\s+AS\b/;
/** Properties that are the same on both. */
const SHARED = new Set(['format', 'partitioned_by']);

export type TrinoStatement = { sql: string; properties: Record<string, string>; table: string | null };

/**
 * Rewrites a statement for Trino; anything but a CREATE TABLE AS stays as it is.
 * @param location where Athena would put the table; null leaves it to the catalog
 * @throws Error for a property that is not known here
 */
export function toTrinoStatement(sql: string, location: string | null): TrinoStatement {
  const groups = CTAS.exec(sql)?.groups;
  if (groups === undefined) return { sql, properties: {}, table: null };
  const kept: string[] = [];
  const session: Record<string, string> = {};
  for (const [name, value] of parseProperties(groups.list ?? '')) {
    if (SHARED.has(name)) kept.push(`${name} = ${value}`);
    else if (name === 'write_compression') session.compression_codec = value.replaceAll("'", '');
    else throw new Error(`the sandbox does not know the table property ${name}`);
  }
  if (location !== null) kept.push(`external_location = '${location}'`);
  const head = `CREATE TABLE ${groups.table} WITH (${kept.join(', ')}) AS`;
  return { sql: sql.replace(CTAS, () => head), properties: session, table: groups.table ?? null };
}

function parseProperties(list: string): [name: string, value: string][] {
  return [...list.matchAll(/(\w+)\s*=\s*('[^']*'|ARRAY\['[^']*'\]|\d+)/g)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]);
}
