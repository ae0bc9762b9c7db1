import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { openS3Client } from '../aws/client.ts';
import { openRecordObjects } from '../aws/record-objects.ts';
import type { ListLimits } from '../plan/athena-lists.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { type AthenaWork, planInDatabase, recordExists } from './athena-database.ts';
import { type AthenaInventory, openAthenaInventory } from './athena-inventory.ts';
import type { AthenaSide } from './athena-side.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { type MakePlanOptions, makePlan } from './make-plan.ts';

/** Files of a plan folder for people; the digest of the plan does not cover them. */
const REVIEW_FILES = ['comment.md', 'report.html'];

/**
 * Makes a plan on Athena. Small lists come into the folder; large ones are put together in the record, which
 * `writeAthenaRecord` completes.
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
  const { side, recordBucket, signal, inputs, limits, isMember = false } = options;
  const work: AthenaWork = {
    ...{ side, recordBucket, folder, signal, bucket: inputs.bucket, planFile: 'plan.json' },
    mayBeThere: isMember,
    ...(limits === undefined ? {} : { limits }),
  };
  return planInDatabase(
    work,
    (place) => openAthenaInventory(place, options.inventory, inputs),
    ({ engine, checksum: _checksum, ...made }) =>
      makePlan(folder, {
        ...options,
        ...made,
        engine: () => ({ name: 'athena', reason: options.reason, ...engine.usage() }),
      }),
  );
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
