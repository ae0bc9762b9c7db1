import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { RunbookError } from '../errors.ts';
import type { ConsideredSource } from '../inventory/considered.ts';
import type { Check, PlanInputs } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import type { EndpointOptions } from './endpoint-options.ts';

export type SourceOptions = EndpointOptions & {
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

/**
 * Finds the inventory of a plan as the options ask for it: named files, a listing of now, the newest report, or the
 * best of what there is. The AWS SDK is loaded only where it is needed.
 * @throws RunbookError INVALID_OPTION, NO_USABLE_INVENTORY, and those of the listing
 */
export async function findPlanSource(
  folder: string,
  inputs: PlanInputs,
  options: SourceOptions,
  progress: Progress,
): Promise<PlanSource> {
  if (options.list === true) return listNow(folder, inputs, options, progress, null);
  const given = options.inventory ?? [AUTOMATIC];
  const [word] = given;
  if (given.length > 1 || (word !== AUTOMATIC && word !== NEWEST_REPORT)) {
    return { given, location: given.join(', '), takenAt: null, inputs, checks: null, sources: null };
  }
  progress(`Looking for an inventory of ${inputs.bucket}`, null);
  const { findSource } = await import('./find-source.ts');
  const { report, considered } = await findSource(inputs, options, word === NEWEST_REPORT);
  if (report === null) return listNow(folder, inputs, options, progress, considered);
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
async function partialListingPath({ out, workDir }: SourceOptions): Promise<string | null> {
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
