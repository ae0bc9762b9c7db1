import { deployStack, type StackSetting } from '../deploy/deploy-stack.ts';
import type { DeploySite } from '../deploy/site.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import type { Stack } from '../s3/stack.ts';
import { readRemoteRetention, readTemplateOf } from './remote-record.ts';
import type { RetentionPlan } from './retention-plan-file.ts';
import { settingsName } from './retention-template.ts';

/**
 * Makes the stack of the settings of a plan, or finds it: one a bucket and settings, made once and never updated. It
 * belongs to the settings, not to the run, so it bears their fingerprint where that of a rollback bears a plan's digest.
 * @throws RunbookError RECORD_*, STACK_*; S3CallError
 */
export async function deployRetention(
  site: DeploySite,
  place: RecordPlace,
  setting: StackSetting,
): Promise<{ plan: RetentionPlan; stack: Stack }> {
  const plan = await readRemoteRetention(site, place);
  await readTemplateOf(site, place, plan);
  const owner = { rollbackId: settingsName(plan.settings), digest: plan.settingsFingerprint };
  const stack = await deployStack(site, place, owner, {
    ...setting,
    reservedConcurrency: null,
    expires: 'never',
  });
  return { plan, stack };
}
