import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { RunbookError } from '../errors.ts';
import type { ConsideredSource } from '../inventory/considered.ts';
import type { Check, PlanInputs } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import type { FoundSource } from './find-source.ts';
import type { DestinationOptions } from './open-calls.ts';

export type SourceOptions = DestinationOptions & {
  inventory?: string[];
  list?: boolean;
  concurrency?: string;
  resume?: boolean;
  /** the plan folder, and where work files go instead of beside it */
  out: string;
  workDir?: string;
  useMetadata?: boolean;
};

/** Where a plan's version entries are, before anything of it was read. */
export type PlanSource = {
  /** local paths and s3:// locations */
  given: string[];
  /** how the plan names it */
  location: string;
  takenAt: Date | null;
  inputs: PlanInputs;
  /** checks of the bucket itself; null where it was not looked at */
  checks: Check[] | null;
  /** every source that was looked at; null where the user named one */
  sources: ConsideredSource[] | null;
};

/** Words that stand for a source that is to be found; a file of such a name is `./auto`. */
const AUTOMATIC = 'auto';
const NEWEST_REPORT = 's3-inventory';

/** The word by which the options leave the inventory to be found; null where it is named, or to be listed. */
export function automaticInventory({
  inventory,
  list,
}: Pick<SourceOptions, 'inventory' | 'list'>): typeof AUTOMATIC | typeof NEWEST_REPORT | null {
  if (list === true) return null;
  if (inventory === undefined) return AUTOMATIC;
  const [word] = inventory;
  return inventory.length === 1 && (word === AUTOMATIC || word === NEWEST_REPORT) ? word : null;
}

/**
 * Finds the inventory of a plan as the options ask for it: named files, a listing of now, the newest report, or the
 * best of what there is. The AWS SDK is loaded only where it is needed.
 * @param looked what was found already; null: nobody has looked yet
 * @throws RunbookError INVALID_OPTION, NO_USABLE_INVENTORY, and those of the listing
 */
export async function findPlanSource(
  folder: string,
  inputs: PlanInputs,
  options: SourceOptions,
  progress: Progress,
  looked: FoundSource | null,
): Promise<PlanSource> {
  if (options.list === true) return listNow(folder, inputs, options, progress, null);
  const word = automaticInventory(options);
  if (word === null) {
    const given = options.inventory ?? [];
    return { given, location: given.join(', '), takenAt: null, inputs, checks: null, sources: null };
  }
  progress(`Looking for an inventory of ${inputs.bucket}`, null);
  const { findSource } = await import('./find-source.ts');
  const wanted = { engine: 'embedded', reportOnly: word === NEWEST_REPORT } as const;
  const { choice, considered } = looked ?? (await findSource(inputs, options, wanted));
  if (choice.source !== 's3-inventory') return listNow(folder, inputs, options, progress, considered);
  const { report } = choice;
  const { checkBuckets } = await import('./bucket-checks.ts');
  return {
    given: [report.location],
    location: report.location,
    takenAt: report.takenAt,
    ...(await checkBuckets(inputs, options, null)),
    sources: considered,
  };
}

async function listNow(
  folder: string,
  inputs: PlanInputs,
  options: SourceOptions,
  progress: Progress,
  sources: ConsideredSource[] | null,
): Promise<PlanSource> {
  const { LISTING_FILE, listForPlan } = await import('./live-inventory.ts');
  const { path, ...listed } = await listForPlan(
    folder,
    inputs,
    options,
    await partialListingPath(options),
    progress,
  );
  return { given: [path], location: LISTING_FILE, ...listed, sources };
}

/**
 * Where an unfinished listing outlives the command: beside the plan folder, or in --work-dir. Null for a plan folder
 * that exists already: it may be a mount point, beside which nothing can be written.
 */
export async function partialListingPath({
  out,
  workDir,
}: Pick<SourceOptions, 'out' | 'workDir'>): Promise<string | null> {
  const name = `${basename(resolve(out))}.listing.partial`;
  if (workDir !== undefined) return join(resolve(workDir), name);
  const isThere = await stat(out).then(
    () => true,
    () => false,
  );
  return isThere ? null : join(resolve(out, '..'), name);
}

/** @throws RunbookError INVALID_OPTION for two sources, or a word for one among files */
export function assertOneSource({ list, inventory, resume }: SourceOptions): void {
  if (resume && !list) {
    throw new RunbookError('INVALID_OPTION', '--resume is for --list alone.', {
      hint: 'leave it out: only a listing that was interrupted can be resumed',
    });
  }
  if (list === true && inventory !== undefined) {
    throw new RunbookError('INVALID_OPTION', '--list and --inventory exclude each other.', {
      hint: 'give --inventory FILE to plan from a file, or --list to list the bucket now',
    });
  }
  const word = inventory?.find((path) => path === AUTOMATIC || path === NEWEST_REPORT);
  if (word === undefined || inventory?.length === 1) return;
  throw new RunbookError('INVALID_OPTION', `--inventory ${word} stands among ${inventory?.length} paths.`, {
    hint: `give --inventory ${word} alone; a file of that name is ./${word}`,
  });
}
