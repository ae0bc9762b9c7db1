import type { RestoredCopyJob, RestoreState } from '../execute/archived/restore-file.ts';
import type { ReadySplits } from '../execute/archived/run-restore.ts';
import { splitsToRetry } from '../execute/batch/reconcile.ts';
import type { PinnedManifest } from '../s3/batch-job.ts';
import { ENDED_STATUSES } from '../s3/batch-job.ts';
import { COPY_RESTORED, type Scenario } from '../s3/rollback.ts';
import type { Stack } from '../s3/stack.ts';
import { underApproval } from './approval-tag.ts';
import { checkStack, roleNamesOf } from './check-stack.ts';
import { deployJob, taskOf } from './deploy-jobs.ts';
import { MAX_JOBS_PER_RUN } from './jobs-run.ts';
import { changed, pinManifest } from './remote-plan.ts';
import type { RestoreRun } from './restore-jobs.ts';
import { describeIfKnown, tellOrStop } from './run-restore-job.ts';
import type { DeploySite } from './site.ts';
import { checkTaskJob, runTaskJob } from './task-jobs.ts';

/**
 * Whether the task function of a stack can copy what was restored: one of a plan that was made before it could refuses
 * such jobs, and its role may not read what they name.
 */
export async function canCopyRestored(
  { stacks }: Pick<DeploySite, 'stacks'>,
  { id }: Stack,
): Promise<boolean> {
  return (await stacks.readTemplate(id)).includes(COPY_RESTORED);
}

/**
 * Has the task function copy restored versions: a job for each scenario, over the splits that hold any. A task proves
 * the guards of a row, copies it and notes it in the journal as those of start-jobs do; a version that cannot be read
 * stays `archived`. Both roles bear the tag of the approval meanwhile.
 *
 * Why a runner that is lost at any moment loses nothing and copies nothing twice:
 * 1. A job is in restore.json before it is confirmed. The next run watches it to its end before it looks at anything.
 * 2. One that was made and not noted waits for a confirmation that never comes. The pass that it was made for did not
 *    count, so the next one finds the same versions, and makes another.
 * 3. What a task has copied is in its journal, and a row is never acted on again (src/execute/journal.ts).
 * @returns the scenarios that were worked on
 * @throws RunbookError STACK_CHANGED, RECORD_CHANGED, JOB_*, REPORT_*, INTERRUPTED; S3CallError
 */
export async function copyByTasks(
  run: RestoreRun,
  state: RestoreState,
  ready: ReadySplits,
  note: (copies: RestoredCopyJob[]) => Promise<void>,
): Promise<ReadonlySet<Scenario>> {
  const { site, place, record, stack } = run;
  const { plan } = record;
  let copies = state.copies ?? [];
  const noteJob = async (job: RestoredCopyJob) => {
    const isKnown = copies.some(({ id }) => id === job.id);
    copies = isKnown ? copies.map((one) => (one.id === job.id ? job : one)) : [...copies, job];
    await note(copies);
  };
  const manifests = new Map<Scenario, PinnedManifest>();
  const manifestOf = async (scenario: Scenario) => {
    const own = plan.manifests.find((one) => one.scenario === scenario);
    if (own === undefined) throw changed(`restore.json names scenario ${scenario}, which the plan has not.`);
    const pinned = manifests.get(scenario) ?? (await pinManifest(site, place, own));
    manifests.set(scenario, pinned);
    return pinned;
  };
  const make = async (scenario: Scenario, splits: readonly number[]): Promise<RestoredCopyJob> => {
    const earlier = copies.filter((one) => one.scenario === scenario).map(({ attempt }) => attempt);
    const manifest = await manifestOf(scenario);
    const order = { scenario, attempt: 1 + Math.max(0, ...earlier), manifest, splits, isRestored: true };
    const made = await deployJob(site, place, plan, stack, order, []);
    const job: RestoredCopyJob = { ...made, splits: [...splits], end: null };
    await noteJob(job);
    return job;
  };
  const check = async (job: RestoredCopyJob) => {
    const order = { ...job, manifest: await manifestOf(job.scenario), isRestored: true };
    await checkTaskJob(run, job, taskOf(place, plan, order));
  };
  /** @returns the splits that failed or did not run */
  const finish = async (job: RestoredCopyJob): Promise<number[]> => {
    const found = await describeIfKnown(run, job.id);
    const isLost = found === null || (found.status !== 'Complete' && ENDED_STATUSES.includes(found.status));
    const left = isLost
      ? job.splits
      : splitsToRetry(
          await runTaskJob(
            { ...run, plan },
            job,
            await manifestOf(job.scenario),
            tellOrStop(run, `copies of scenario ${job.scenario}`),
            'restore-archived',
          ),
        ).map(({ number }) => number);
    await noteJob({
      ...job,
      end: { status: isLost ? (found?.status ?? 'Forgotten') : 'Complete', left: left.length },
    });
    return left;
  };

  return await underApproval(site, roleNamesOf(stack), plan.digest, async (approve) => {
    await checkStack(site, place, plan, stack);
    const open = copies.filter(({ end }) => end === null);
    for (const job of open) if ((await describeIfKnown(run, job.id)) !== null) await check(job);
    for (const [scenario, splits] of ready) {
      const job = await make(scenario, splits);
      await check(job);
      open.push(job);
    }
    await approve();
    for (const first of open) {
      let left = await finish(first);
      for (let count = 2; left.length > 0 && count <= MAX_JOBS_PER_RUN; count += 1) {
        left = await finish(await make(first.scenario, left));
      }
    }
    return new Set(open.map(({ scenario }) => scenario));
  });
}
