import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AthenaEngine, openAthena } from '../engine/athena.ts';
import { RunbookError } from '../errors.ts';
import type { ListLimits } from '../plan/athena-lists.ts';
import { athenaSite } from '../plan/athena-site.ts';
import type { PlanSite } from '../plan/build-plan.ts';
import type { PartObject, RecordCalls } from '../plan/list-parts.ts';
import { PLAN_DATABASE_PARAMETERS, PLAN_DATABASE_PREFIX, planWorkPrefix } from '../s3/aws-names.ts';
import type { InventoryPlace, OpenedInventory } from './athena-inventory.ts';
import type { AthenaSide } from './athena-side.ts';

const PART_FOLDER = /\/part=(\d+)\/[^/]+$/;

/** A plan that Athena is to make. */
export type AthenaWork = {
  side: AthenaSide;
  /** the bucket that is planned for */
  bucket: string;
  recordBucket: string;
  /** what the record has last, and no record is without */
  planFile: string;
  /** becomes the plan folder: small lists come here */
  folder: string;
  signal: AbortSignal;
  limits?: Partial<ListLimits>;
  /** whether a record of the same plan is no reason to stop */
  mayBeThere?: boolean;
};

/** Where the plan is made, and from what. */
export type AthenaWorkshop = OpenedInventory & { site: PlanSite; engine: AthenaEngine };

/**
 * Makes a plan in a Glue database of its own, which is dropped at the end, also after a failure. Small lists come into
 * the folder; large ones are put together in the record.
 * @throws RunbookError QUERY_*, ACCESS_DENIED, WRONG_REGION, RECORD_EXISTS, and what `make` throws
 */
export async function planInDatabase<T>(
  work: AthenaWork,
  openInventory: (place: InventoryPlace) => Promise<OpenedInventory>,
  make: (workshop: AthenaWorkshop) => Promise<T>,
): Promise<T> {
  const { side, bucket, recordBucket, limits } = work;
  const { objects, glue } = side;
  const id = randomBytes(4).toString('hex');
  const database = `${PLAN_DATABASE_PREFIX}${id}`;
  const folder = `s3://${recordBucket}/${planWorkPrefix(id)}`;
  await assertRecordBucket(side, folder, bucket);
  const engine = openAthena({ calls: side.athena, database, signal: work.signal });
  // By these cleanup knows it again, should this process be lost before it drops it.
  await glue.createDatabase(database, `s3-rewind: plan for ${bucket}`, {
    [PLAN_DATABASE_PARAMETERS.recordBucket]: recordBucket,
    [PLAN_DATABASE_PARAMETERS.bucket]: bucket,
  });
  try {
    const opened = await openInventory({ engine, objects, glue, database, work: folder });
    const { source, checksum } = opened;
    const calls = recordCalls(side, database, work.folder);
    const site = athenaSite({
      ...{ engine, source, checksum, database, recordBucket, calls },
      ...(limits === undefined ? {} : { limits }),
    });
    return await make({
      ...opened,
      engine,
      site: {
        ...site,
        async openLists(planFolder, planId) {
          if (!work.mayBeThere) await assertNewRecord(work, planId);
          return site.openLists(planFolder, planId);
        },
      },
    });
  } finally {
    // Its tables go with it; their files are below work/, which a lifecycle rule of the record bucket empties.
    await glue.dropDatabase(database);
  }
}

function recordCalls(side: AthenaSide, database: string, folder: string): RecordCalls {
  return {
    async listParts(table) {
      const location = (await side.glue.tableLocation(database, table)).replace(/\/*$/, '/');
      return orderParts(await side.objects.list(location), table);
    },
    readPart: (url) => side.objects.read(url),
    async openLocal(path) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(file, 'wx');
      return {
        append: async (bytes) => void (await handle.appendFile(bytes)),
        close: () => handle.close(),
      };
    },
    assemble: (url, parts) => side.objects.assemble(url, parts),
  };
}

/** @throws RunbookError LIST_DAMAGED when a part is not one file */
function orderParts(files: readonly PartObject[], table: string): PartObject[] {
  const numbered = files.flatMap((file) => {
    const number = PART_FOLDER.exec(file.url)?.[1];
    return number === undefined ? [] : [{ file, number: Number(number) }];
  });
  if (new Set(numbered.map(({ number }) => number)).size !== numbered.length) {
    throw new RunbookError('LIST_DAMAGED', `A part of ${table} came out as several files.`, {
      hint: 'nothing was started and nothing has changed: run the same command again',
    });
  }
  return numbered.toSorted((left, right) => left.number - right.number).map(({ file }) => file);
}

/**
 * Looks into the record bucket before any query costs money.
 * @throws RunbookError WRONG_REGION, BUCKET_NOT_FOUND, ACCESS_DENIED
 */
async function assertRecordBucket(side: AthenaSide, work: string, planned: string): Promise<void> {
  try {
    await side.objects.list(work);
  } catch (error) {
    // The Region cannot be had otherwise: that of the planned bucket is the one to stay in.
    if (!(error instanceof RunbookError) || error.code !== 'WRONG_REGION') throw error;
    throw new RunbookError('WRONG_REGION', `${error.message} Athena writes to its own Region only.`, {
      hint: `name with --record-bucket the record bucket of the Region of '${planned}'; a bootstrap stack makes one for each Region`,
      cause: error,
    });
  }
}

/** @throws RunbookError RECORD_EXISTS */
async function assertNewRecord({ side, recordBucket, planFile }: AthenaWork, planId: string): Promise<void> {
  const record = `s3://${recordBucket}/${planId}/`;
  if ((await side.objects.head(`${record}${planFile}`)) === null) return;
  throw recordExists(`${record} holds this plan already: same inputs, same inventory.`);
}

export function recordExists(fact: string): RunbookError {
  return new RunbookError('RECORD_EXISTS', fact, {
    hint: 'go on with that record, or plan again with a newer inventory',
  });
}
