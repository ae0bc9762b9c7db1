import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { parsePlanInputs } from '../plan/inputs.ts';
import type { PlanInputs, RollbackPlan } from '../plan/plan-file.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import type { Progress } from '../progress.ts';
import { type Arrangement, arrangeSet, scenariosOfReplica } from '../set/arrange.ts';
import {
  assertNotTooMany,
  inventoriesOf,
  parseBucketFile,
  parseMembers,
  parseReplica,
  regionsOf,
} from '../set/members.ts';
import { memberFolder, type RollbackSet } from '../set/set-file.ts';
import { buildSet, type PlannedMember, writeSet } from '../set/write-set.ts';
import { watchInterruption } from './interruption.ts';
import { type PlanOptions, planBucket, publish, readPlanSettings } from './plan.ts';
import { inMember, memberOptions } from './set-member.ts';
import { planSetAnswer, planSetSummary } from './set-summary.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

export type PlanSetOptions = Omit<PlanOptions, 'bucket'> & {
  bucket?: string[];
  buckets?: string;
  replica?: string[];
  withReplicas?: boolean;
  bucketRegion?: string[];
};

/** The `plan` command for several buckets: a plan folder each, bound into one set. All of them, or none. */
export async function runPlanSet(options: PlanSetOptions): Promise<void> {
  const now = new Date();
  const { buckets, replicas } = await readBuckets(options);
  assertServesSets(options);
  const inputsOf = (bucket: string) => parsePlanInputs({ ...options, bucket }, now);
  const [first = ''] = buckets;
  const { prefixes } = inputsOf(first);
  const { inventory: texts, workDir: _workDir, ...rest } = options;
  // Paths are looked at member by member; only a word may stand for the inventory of every bucket.
  const inventory = texts === undefined ? {} : { inventory: texts.length === 1 ? texts : ['auto'] };
  const settings = await readPlanSettings({ ...rest, ...inventory, bucket: first }, now);
  const interruption = watchInterruption();
  try {
    const staged = await stageFolder(options.out, options.workDir ?? null);
    const terminal = await openTerminal({ quiet: options.quiet ?? false });
    try {
      const { progress } = terminal;
      const found = await findPairs(options, buckets, replicas, progress);
      assertNotTooMany(found.buckets);
      const inventories = inventoriesOf(options.inventory, found.buckets);
      const regions = new Map([...found.regions, ...regionsOf(options.bucketRegion, found.buckets)]);
      const arrangement = arrangeSet(found.buckets, found.pairs, prefixes);
      const planned: PlannedMember[] = [];
      const made: { plan: RollbackPlan; isAthena: boolean }[] = [];
      for (const [index, bucket] of arrangement.order.entries()) {
        const folder = {
          path: join(staged.path, memberFolder(index + 1, bucket)),
          workPath: join(staged.workPath, String(index + 1)),
        };
        await mkdir(folder.path);
        await mkdir(folder.workPath);
        const asked = narrow(inputsOf(bucket), arrangement);
        const region = regions.get(bucket) ?? null;
        const own = inventories?.get(bucket);
        // The folder is there already, so that a listing leaves no unfinished file beside it.
        const member = { ...memberOptions(rest, { region }), bucket, out: folder.path, isMember: true };
        const { plan, isAthena } = await inMember(bucket, () =>
          planBucket(folder, own === undefined ? member : { ...member, inventory: own }, {
            asked,
            ...settings,
            progress: (step, percent) => progress(`${bucket}: ${step}`, percent),
            signal: interruption.signal,
          }),
        );
        interruption.assertNone();
        made.push({ plan, isAthena });
        planned.push({ plan, region });
      }
      const { pairs, checks } = arrangement;
      const set = buildSet(planned, { origin: 'rollback', pairs, checks: [...checks, ...found.checks], now });
      const plans = planned.map(({ plan }) => plan);
      await writeSet(staged.path, set, plans);
      interruption.assertNone();
      const recordUrl = await publishAll(staged.path, set, options, made);
      await staged.commit();
      terminal.finish();
      const out = relative(process.cwd(), options.out) || '.';
      if (options.json) writeJson({ command: 'plan', ...planSetAnswer(set, plans, out, recordUrl) });
      else writeOut(planSetSummary(set, plans, recordUrl ?? out));
    } catch (error) {
      throw staged.explain(error);
    } finally {
      terminal.finish();
      await staged.discard();
    }
  } finally {
    interruption.end();
  }
}

/**
 * Puts the set into the bucket of records, once all of it is there.
 * @returns its address; null where none is asked for
 */
async function publishAll(
  folder: string,
  set: RollbackSet,
  options: PlanSetOptions,
  made: readonly { plan: RollbackPlan; isAthena: boolean }[],
): Promise<string | null> {
  const { recordBucket, bucket: _named, ...rest } = options;
  if (recordBucket === undefined) return null;
  const { publishSetFolder } = await import('./publish-set.ts');
  return await publishSetFolder(options, folder, set, recordBucket, async ({ order, bucket }, own) => {
    const member = made[order - 1];
    if (member === undefined) throw new TypeError('a member has a plan');
    await publish(own, member.plan, {
      ...rest,
      recordBucket,
      bucket,
      isAthena: member.isAthena,
      publish: true,
    });
  });
}

/** The buckets of the options, in the order in which they were named, those of pairs last. */
async function readBuckets(options: PlanSetOptions): Promise<{
  buckets: string[];
  replicas: { source: string; destination: string }[];
}> {
  const { bucket = [], buckets: file } = options;
  const named = parseMembers([...bucket, ...(file === undefined ? [] : await readBucketFile(file))], {
    mayBeNone: options.replica !== undefined,
  });
  const replicas = (options.replica ?? []).map(parseReplica);
  const pairs = replicas.flatMap(({ source, destination }) => [source, destination]);
  return { buckets: [...new Set([...named, ...pairs])], replicas };
}

async function readBucketFile(path: string): Promise<string[]> {
  try {
    return parseBucketFile(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new RunbookError('SET_INVALID', `--buckets ${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'give a text file with the name of a bucket on each line',
      cause,
    });
  }
}

/** Which buckets there are, and who replicates to whom. The AWS SDK is loaded only where buckets are looked at. */
async function findPairs(
  options: PlanSetOptions,
  buckets: string[],
  replicas: { source: string; destination: string }[],
  progress: Progress,
) {
  const isOffline =
    options.withReplicas !== true &&
    options.list !== true &&
    options.inventory !== undefined &&
    !asksS3(options);
  if (isOffline) {
    const pairs = replicas.map((pair) => ({ ...pair, rules: null }));
    return { buckets, pairs, regions: new Map<string, string>(), checks: [] };
  }
  progress('Looking for replication between the buckets', null);
  const { lookForPairs } = await import('./set-replication.ts');
  return await lookForPairs(options, buckets, replicas);
}

/** Whether an inventory has to be found, so that the bucket is looked at anyway. */
function asksS3({ inventory = [] }: PlanSetOptions): boolean {
  return inventory.some((text) => /(^|=)(auto|s3-inventory)$/.test(text));
}

/** A replica is left with what is not replicated. */
function narrow(inputs: PlanInputs, { pairs }: Arrangement): PlanInputs {
  const own = pairs.filter(({ destination }) => destination === inputs.bucket);
  const scenarios = scenariosOfReplica(inputs.scenarios, own);
  if (scenarios.length > 0) return { ...inputs, scenarios };
  throw new RunbookError(
    'SET_INVALID',
    `Nothing of scenario ${inputs.scenarios.join(', ')} is left to do in '${inputs.bucket}': all of it is replicated from '${own[0]?.source}'.`,
    { hint: `leave '${inputs.bucket}' out, or add the scenarios that remove delete markers to --scenarios` },
  );
}

/** @throws RunbookError SET_INVALID for an option that has no meaning for several buckets */
function assertServesSets(options: PlanSetOptions): void {
  const refuse = (message: string, hint: string) => new RunbookError('SET_INVALID', message, { hint });
  if (options.mode === 'copy-to-bucket') {
    throw refuse(
      'Several buckets cannot be copied to one destination: their keys would mix.',
      'plan each bucket by itself, with a destination of its own',
    );
  }
  if (options.resume) {
    throw refuse(
      'A set does not resume a listing.',
      'list large buckets first: inventory --bucket BUCKET --out FILE --resume, then --inventory BUCKET=FILE',
    );
  }
}
