import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine } from '../engine/query-engine.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import { type ListQuery, listQuery, MANIFEST_COLUMNS } from '../plan/outputs.ts';
import { loadSql, type SqlRenderer } from '../render/sql.ts';
import { decodeKey } from '../s3/manifest.ts';
import { isRetentionMode, RETENTION_MODES } from '../s3/retention.ts';
import type { RetentionManifest, RetentionPlan, RetentionSample } from './retention-plan-file.ts';
import { type RetentionQuestion, retentionView } from './retention-view.ts';

/** What a manifest of a plan is, before it is written. */
export type ManifestTally = Pick<RetentionManifest, 'name' | 'rule' | 'mode' | 'converted'> & {
  versions: number;
};

/** The queries before the lists, in the order in which they run. */
const STEPS = ['retention-counts', 'retention-selected', 'retention-tally'] as const;

/**
 * What is selected, manifest by manifest: one for each mode and date, as one job of S3 Batch Operations sets one mode
 * and one date.
 * @returns `keys`: how many keys all of it belongs to
 */
export async function readTally(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  rules: number,
): Promise<{ tally: ManifestTally[]; keys: number }> {
  const rows = await engine.rows(sql('retention-tally', view));
  const tally = Array.from({ length: rules }, (_, index) => index + 1).flatMap((rule) =>
    RETENTION_MODES.flatMap((mode): ManifestTally[] => {
      const row = rows.find((found) => Number(found.rule) === rule && found.new_mode === mode);
      if (row === undefined) return [];
      const name = rules === 1 ? mode.toLowerCase() : `rule${rule}-${mode.toLowerCase()}`;
      return [{ name, rule, mode, converted: Number(row.converted), versions: Number(row.versions) }];
    }),
  );
  return { tally, keys: Number(rows[0]?.keys ?? 0) };
}

/** The query of a manifest, as the list that it fills. */
export function manifestQuery(
  sql: SqlRenderer,
  view: object,
  { name, rule, mode }: Pick<ManifestTally, 'name' | 'rule' | 'mode'>,
): ListQuery {
  return listQuery(
    sql,
    'retention-manifest',
    { ...view, rule, newMode: mode },
    {
      ...{ name: name.replaceAll('-', '_'), folder: 'manifests', file: name },
      ...{ header: false, columns: MANIFEST_COLUMNS },
    },
  );
}

/** The queries of an extension in the order in which they run, each with a name that sorts. */
export function retentionQueries(
  sql: SqlRenderer,
  view: object,
  manifests: readonly Pick<ManifestTally, 'name' | 'rule' | 'mode'>[],
): { name: string; text: string }[] {
  const lists = manifests.map((manifest) => manifestQuery(sql, view, manifest));
  return [
    ...STEPS.map((step) => ({ name: step.replaceAll('-', '_'), text: sql(step, view) })),
    ...lists.map(({ name, query }) => ({ name, text: query })),
  ].map(({ name, text }, index) => ({ name: `${String(index + 1).padStart(2, '0')}_${name}`, text }));
}

/** Writes the SQL of both dialects into `sql/`: whichever engine makes a plan, the record says the same. */
export async function writeRetentionQueries(
  folder: string,
  question: RetentionQuestion,
  retentionId: string,
  manifests: readonly ManifestTally[],
): Promise<RetentionPlan['sql']> {
  const written: RetentionPlan['sql'] = [];
  await mkdir(join(folder, 'sql'));
  for (const dialect of ['duckdb', 'athena'] as const) {
    const view = retentionView(question, { dialect, database: retentionId.replaceAll('-', '_') });
    for (const { name, text } of retentionQueries(await loadSql(dialect), view, manifests)) {
      const path = `sql/${name}.${dialect}.sql`;
      await writeFile(join(folder, path), text);
      written.push({ path, sha256: sha256OfText(text) });
    }
  }
  return written;
}

/** A few versions of each manifest: those that have the earliest dates. */
export async function readRetentionSamples(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  manifests: readonly Pick<RetentionManifest, 'name' | 'rule' | 'mode'>[],
): Promise<RetentionSample[]> {
  if (manifests.length === 0) return [];
  const rows = await engine.rows(sql('retention-samples', view));
  return manifests.flatMap(({ name, rule, mode }) =>
    rows
      .filter((row) => Number(row.rule) === rule && row.new_mode === mode)
      .map((row) => ({
        manifest: name,
        key: keyOf(row.encoded_key),
        versionId: String(row.version_id),
        mode: isRetentionMode(row.lock_mode) ? row.lock_mode : null,
        retainUntil: row.lock_until_utc === null ? null : String(row.lock_until_utc),
      })),
  );
}

/** A key that came encoded through a result, because results are text in which not every character has a place. */
export function keyOf(encoded: unknown): string {
  return decodeKey(String(encoded)) ?? String(encoded);
}
