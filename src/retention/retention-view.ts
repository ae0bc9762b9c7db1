import { sourceView } from '../inventory/reader.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { SqlDialect } from '../render/sql.ts';
import { MAX_KEY_BYTES } from '../s3/rollback.ts';
import { lockColumns } from './lock-columns.ts';
import type { RetentionPlan } from './retention-plan-file.ts';
import type { RetentionSettings } from './settings.ts';

const SAMPLES_PER_MANIFEST = 5;

/** What the queries of an extension are about, whichever engine reads them. */
export type RetentionQuestion = {
  source: InventorySource;
  settings: RetentionSettings;
  dates: RetentionPlan['dates'];
  /** the time of the plan */
  now: string;
};

/**
 * The values of `sql/retention-*.sql.hbs`.
 * @param site `database`: of Athena; DuckDB has a database of its own, and no name for it
 * @throws RunbookError INVENTORY_COLUMN_MISSING
 */
export function retentionView(
  { source, settings, dates, now }: RetentionQuestion,
  { dialect, database }: { dialect: SqlDialect; database: string },
): object {
  const view = sourceView(source, dialect);
  const scopes = settings.rules.flatMap((rule, index) =>
    rule.prefixes.map((prefix) => ({ prefix, rule: index + 1 })),
  );
  const rest = settings.rules.findIndex((rule) => rule.prefixes.length === 0);
  return {
    ...view,
    columns: [...view.columns, ...lockColumns(source, dialect)],
    database,
    bucket: settings.bucket,
    // The rules decide what is in scope.
    prefixes: null,
    pointInTime: now,
    changedOnly: false,
    maxKeyBytes: MAX_KEY_BYTES,
    samplesPerManifest: SAMPLES_PER_MANIFEST,
    // Of two prefixes that a key starts with, the longer one is the more particular.
    scopes: scopes.toSorted((left, right) => right.prefix.length - left.prefix.length),
    hasRest: rest >= 0,
    restRule: rest + 1,
    rules: settings.rules.map((rule, index) => ({
      number: index + 1,
      horizon: dates[index]?.horizon,
      mode: rule.mode,
      // Words of SQL: they stand for values of our own.
      skipsHold: rule.skipLegalHoldOnly ? 'true' : 'false',
      converts: rule.convertGovernance ? 'true' : 'false',
    })),
  };
}
