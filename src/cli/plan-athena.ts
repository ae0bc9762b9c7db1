import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { openAthenaCalls } from '../aws/athena-calls.ts';
import { openS3Client } from '../aws/client.ts';
import { openGlueCalls } from '../aws/glue-calls.ts';
import { openQueryClients } from '../aws/query-clients.ts';
import { openRecordObjects } from '../aws/record-objects.ts';
import { openAthena } from '../engine/athena.ts';
import { RunbookError } from '../errors.ts';
import { openRemoteReport } from '../inventory/remote-source.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { ListLimits } from '../plan/athena-lists.ts';
import { athenaSite } from '../plan/athena-site.ts';
import type { BuildPlanOptions } from '../plan/build-plan.ts';
import type { PartObject, RecordCalls } from '../plan/list-parts.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { PLAN_DATABASE_PARAMETERS, PLAN_DATABASE_PREFIX, planWorkPrefix } from '../s3/aws-names.ts';
import { type AthenaInventory, openAthenaInventory } from './athena-inventory.ts';
import type { AthenaPlace } from './choose-engine.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { type MakePlanOptions, makePlan } from './make-plan.ts';

export type AthenaPlanOptions = EndpointOptions & AthenaPlace;

/** Files of a plan folder for people; the digest of the plan does not cover them. */
const REVIEW_FILES = ['comment.md', 'report.html'];

const PART_FOLDER = /\/part=(\d+)\/[^/]+$/;

/** Everything that a plan on Athena talks to. */
export function openAthenaSide(options: AthenaPlanOptions) {
  const endpoint = parseEndpoint(options);
  const { athena, glue } = openQueryClients(endpoint);
  return {
    objects: openRecordObjects(openS3Client(endpoint)),
    glue: openGlueCalls(glue),
    athena: openAthenaCalls(athena, options.workGroup),
  };
}

type AthenaSide = ReturnType<typeof openAthenaSide>;

/** Opens a report on S3 for Athena. @throws RunbookError INVENTORY_* */
export function openReportOnS3(side: AthenaSide, url: string): Promise<InventorySource> {
  return openRemoteReport(url, {
    readText: async (path) => (await side.objects.read(path)).toString('utf8'),
    async headObject(path) {
      const found = await side.objects.head(path);
      if (found !== null) return found;
      throw new RunbookError('INVENTORY_NOT_FOUND', `${url} lists ${path}, which is not there.`, {
        hint: 'a lifecycle rule of the destination bucket may have removed it: take the next report',
      });
    },
  });
}

/**
 * Makes a plan on Athena: in a Glue database of its own for the time of the plan.
 * Small lists come into the folder; large ones are put together in the record, which `writeAthenaRecord` completes.
 * @throws RunbookError whatever building the plan refuses; QUERY_*, ACCESS_DENIED, RECORD_EXISTS
 */
export async function makeAthenaPlan(
  folder: string,
  options: Omit<MakePlanOptions, 'site' | 'source'> & {
    side: AthenaSide;
    inventory: AthenaInventory;
    recordBucket: string;
    reason: string;
    signal: AbortSignal;
    limits?: Partial<ListLimits>;
    /** of a set, which is made again where another member failed: its record may be there */
    isMember?: boolean;
  },
): Promise<RollbackPlan> {
  const { side, recordBucket, signal } = options;
  const id = randomBytes(4).toString('hex');
  const database = `${PLAN_DATABASE_PREFIX}${id}`;
  const work = `s3://${recordBucket}/${planWorkPrefix(id)}`;
  await assertRecordBucket(side, work, options.inputs.bucket);
  const engine = openAthena({ calls: side.athena, database, signal });
  const { bucket } = options.inputs;
  // By these cleanup knows it again, should this process be lost before it drops it.
  await side.glue.createDatabase(database, `s3-rewind: plan for ${bucket}`, {
    [PLAN_DATABASE_PARAMETERS.recordBucket]: recordBucket,
    [PLAN_DATABASE_PARAMETERS.bucket]: bucket,
  });
  try {
    const { objects, glue } = side;
    const place = { engine, objects, glue, database, work };
    const { source, checksum, ...known } = await openAthenaInventory(
      place,
      options.inventory,
      options.inputs,
    );
    const calls = recordCalls(side, database, folder);
    const { limits } = options;
    const site = athenaSite({
      engine,
      source,
      checksum,
      database,
      recordBucket,
      calls,
      ...(limits === undefined ? {} : { limits }),
    });
    const checked: BuildPlanOptions['site'] = {
      ...site,
      async openLists(planFolder, rollbackId) {
        if (!options.isMember) await assertNewRecord(side, recordBucket, rollbackId);
        return site.openLists(planFolder, rollbackId);
      },
    };
    return await makePlan(folder, {
      ...options,
      ...known,
      source,
      site: checked,
      engine: () => ({ name: 'athena', reason: options.reason, ...engine.usage() }),
    });
  } finally {
    // Its tables go with it; their files are below work/, which a lifecycle rule of the record bucket empties.
    await side.glue.dropDatabase(database);
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

async function assertNewRecord(side: AthenaSide, bucket: string, rollbackId: string): Promise<void> {
  const record = `s3://${bucket}/${rollbackId}/`;
  if ((await side.objects.head(`${record}plan.json`)) === null) return;
  throw recordExists(`${record} holds this plan already: same inputs, same inventory.`);
}

/**
 * Copies the folder of a plan on Athena into its record, plan.json last: a record without it is no record. Every file
 * is written only where there is none, as the policy of the record bucket asks for; what an interrupted plan left is
 * taken for ours where it is the same.
 * @throws RunbookError RECORD_EXISTS, ACCESS_DENIED, …
 */
export async function writeAthenaRecord(
  options: EndpointOptions,
  folder: string,
  { recordBucket, plan }: { recordBucket: string; plan: RollbackPlan },
): Promise<void> {
  const objects = openRecordObjects(openS3Client(parseEndpoint(options)));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted((left, right) => Number(left === 'plan.json') - Number(right === 'plan.json'));
  for (const path of paths) {
    const url = `s3://${recordBucket}/${plan.rollbackId}/${path}`;
    const own = await readFile(join(folder, path));
    if (await objects.write(url, own, { once: true })) continue;
    // Made at another time, these differ in what the digest does not cover: the first ones stay.
    if (REVIEW_FILES.includes(path)) continue;
    const stored = await objects.read(url);
    const isSame = path === 'plan.json' ? digestOf(stored) === plan.digest : stored.equals(own);
    if (!isSame) throw recordExists(`${url} is there with other content.`);
  }
}

function digestOf(text: Buffer): string | null {
  try {
    const { digest } = JSON.parse(text.toString('utf8')) as { digest?: unknown };
    return typeof digest === 'string' ? digest : null;
  } catch {
    return null;
  }
}

function recordExists(fact: string): RunbookError {
  return new RunbookError('RECORD_EXISTS', fact, {
    hint: 'go on with that record, or plan again with a newer inventory',
  });
}
