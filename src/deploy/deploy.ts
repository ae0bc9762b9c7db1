import type { RecordPlace } from '../execute/batch/record-place.ts';
import { assertStartable } from '../execute/preflight.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import type { Scenario } from '../s3/rollback.ts';
import { deployCopyJob, pinCopies } from './copy-jobs.ts';
import { deployJob, isJobUsable } from './deploy-jobs.ts';
import { deployStack, type StackSetting } from './deploy-stack.ts';
import { type DeployedJob, type DeployedJobs, jobName, readJobs, writeJobs } from './jobs-file.ts';
import { pinManifest, readRemotePlan } from './remote-plan.ts';
import type { DeploySite } from './site.ts';
import { readStart } from './write-run.ts';

export type Deployment = {
  plan: RollbackPlan;
  jobs: DeployedJobs;
  outputs: Readonly<Record<string, string>>;
  /** jobs of an earlier deployment that were cancelled, failed or expired, and made again */
  renewed: Scenario[];
};

/**
 * Turns a plan on S3 into a stack and jobs that wait for their confirmation. Run again it finds what is there; a job
 * that is gone is made again, as the next attempt.
 * @param scenarios null: all that have a manifest
 * @throws RunbookError RECORD_*, CHECKS_BLOCK, VERSIONING_NOT_ENABLED, STACK_*, JOB_FAILED; S3CallError
 */
export async function deploy(
  site: DeploySite,
  place: RecordPlace,
  setting: StackSetting,
  scenarios: readonly Scenario[] | null,
): Promise<Deployment> {
  const { plan } = await readRemotePlan(site, place);
  await assertStartable(plan, site.s3, site.pause);
  const wanted = plan.manifests.filter(({ scenario }) => scenarios?.includes(scenario) ?? true);
  const reservedConcurrency = setting.reservedConcurrency ?? plan.estimate.concurrency?.toString() ?? null;
  const stack = await deployStack(site, place, plan, { ...setting, reservedConcurrency });
  const earlier = await readJobs(site, place, plan);
  const jobs: DeployedJob[] = [];
  const renewed: Scenario[] = [];
  const tags = [
    { key: ROLLBACK_TAGS.repository, value: setting.repository },
    { key: ROLLBACK_TAGS.run, value: setting.runId },
  ];
  const hasStarted = (await readStart({ site, place, plan })) !== null;
  for (const manifest of wanted) {
    const { scenario } = manifest;
    const copies = (plan.copyManifests ?? []).filter((copy) => copy.scenario === scenario);
    for (const copy of copies) {
      const name = jobName({ scenario, copy: { ...copy, earlier: [] } });
      const known = earlier?.jobs.find((job) => jobName(job) === name);
      // What a job that was started has left is for start-jobs to find out: nothing is copied a second time.
      const isOfStack = hasStarted || earlier?.stackId === stack.id;
      if (known !== undefined && isOfStack && (hasStarted || (await isJobUsable(site, known.id)))) {
        jobs.push(known);
        continue;
      }
      site.progress(`scenario ${name}: checking its manifest`, null);
      const order = {
        ...(await pinCopies(site, place, copy)),
        attempt: known === undefined ? 1 : known.attempt + 1,
        earlier: [],
      };
      if (known !== undefined && !renewed.includes(scenario)) renewed.push(scenario);
      jobs.push(await deployCopyJob(site, place, plan, stack, order, tags));
    }
    if (copies.length > 0) continue;
    const known = earlier?.jobs.find((job) => job.scenario === scenario);
    const isOfStack = earlier?.stackId === stack.id;
    if (known !== undefined && isOfStack && (await isJobUsable(site, known.id))) {
      jobs.push(known);
      continue;
    }
    site.progress(`scenario ${scenario}: checking its manifest`, null);
    const pinned = await pinManifest(site, place, manifest);
    const order = {
      scenario,
      attempt: known === undefined ? 1 : known.attempt + 1,
      manifest: pinned,
      splits: known?.splits ?? null,
    };
    if (known !== undefined) renewed.push(scenario);
    jobs.push(await deployJob(site, place, plan, stack, order, tags));
  }
  const deployed: DeployedJobs = {
    schemaVersion: 1,
    rollbackId: plan.rollbackId,
    planDigest: plan.digest,
    stackId: stack.id,
    jobs,
  };
  await writeJobs(site, place, deployed);
  return { plan, jobs: deployed, outputs: stack.outputs, renewed };
}
