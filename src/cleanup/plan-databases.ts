import { PLAN_DATABASE_PARAMETERS, PLAN_DATABASE_PREFIX, planWorkPrefix } from '../s3/aws-names.ts';
import { emptyWork, type WorkSite } from './work-files.ts';

/** The calls to the Glue Data Catalog; times are by Glue's clock. All throw RunbookError. */
export type CatalogCalls = {
  listDatabases(): AsyncIterable<{
    name: string;
    createdAt: Date | null;
    parameters: Readonly<Record<string, string>>;
  }>;
  tableTimes(database: string): AsyncIterable<Date>;
  dropDatabase(name: string): Promise<void>;
};

export type CatalogSite = WorkSite & { catalog: CatalogCalls };

/**
 * A plan makes a table with nearly every query, and Athena ends a query after 30 minutes ("Service quotas", DML query
 * timeout; it can be raised to hours). A database in which nothing was made for a day belongs to no plan under way.
 */
const IDLE_MS = 86_400_000;
const PLAN_ID = new RegExp(`^${PLAN_DATABASE_PREFIX}([0-9a-f]{8})$`);

/** What a plan that was lost left behind. */
export type DroppedPlan = { database: string; workObjects: number };

/**
 * Drops the Glue databases that plans on Athena left behind, and empties their work prefixes. A database is taken for
 * one of them where all of this holds: its name has the form of a plan's, its parameters name this record bucket, and
 * neither it nor a table of it was made or changed within a day. One without a readable time is left alone.
 * @param bucket that was planned for; null: any
 * @param isTrial only tells what would be dropped
 * @throws RunbookError ACCESS_DENIED, AWS_FAILED, …; S3CallError
 */
export async function dropPlanDatabases(
  site: CatalogSite,
  { recordBucket, bucket, now }: { recordBucket: string; bucket: string | null; now: Date },
  isTrial: boolean,
): Promise<DroppedPlan[]> {
  const dropped: DroppedPlan[] = [];
  for await (const { name, createdAt, parameters } of site.catalog.listDatabases()) {
    const id = PLAN_ID.exec(name)?.[1];
    if (id === undefined || createdAt === null) continue;
    if (parameters[PLAN_DATABASE_PARAMETERS.recordBucket] !== recordBucket) continue;
    if (bucket !== null && parameters[PLAN_DATABASE_PARAMETERS.bucket] !== bucket) continue;
    if (!(await isIdle(site.catalog, name, createdAt, now))) continue;
    // The database last: it is what a cleanup that was stopped in between finds the rest by.
    const workObjects = await emptyWork(site, recordBucket, planWorkPrefix(id), isTrial);
    if (!isTrial) await site.catalog.dropDatabase(name);
    dropped.push({ database: name, workObjects });
  }
  return dropped;
}

async function isIdle(catalog: CatalogCalls, name: string, createdAt: Date, now: Date): Promise<boolean> {
  const isOld = (time: Date) => now.getTime() - time.getTime() >= IDLE_MS;
  if (!isOld(createdAt)) return false;
  for await (const time of catalog.tableTimes(name)) if (!isOld(time)) return false;
  return true;
}
