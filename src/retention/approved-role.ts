import { checkStack, roleNamesOf } from '../deploy/check-stack.ts';
import type { DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { APPROVED_TAG, ROLLBACK_TAGS } from '../s3/aws-names.ts';
import type { Stack } from '../s3/stack.ts';
import type { RetentionPlan } from './retention-plan-file.ts';
import { settingsName } from './retention-template.ts';

/** What the tag says while the stack is checked: no digest, so nothing can be locked, and nothing can change either. */
const CHECKING = 'checking';

type Site = Pick<DeploySite, 'stacks' | 'roles' | 'progress'>;

/** The stack of the settings of a plan. @throws RunbookError NOT_DEPLOYED, … */
export async function findSettingsStack(
  { stacks }: Pick<Site, 'stacks'>,
  place: RecordPlace,
  { settings }: RetentionPlan,
): Promise<Stack> {
  const name = settingsName(settings);
  const stack = await stacks.describeStack(name);
  if (stack?.status === 'CREATE_COMPLETE') return stack;
  const state = stack === null ? 'there is no stack' : `it is ${stack.status}`;
  throw new RunbookError('NOT_DEPLOYED', `The settings have no stack ${name}: ${state}.`, {
    hint: `npm run --silent s3-rewind -- deploy --record ${formatRecordUrl(place)} --boundary-arn … --service-role-arn …`,
  });
}

/**
 * Lets the role of the settings write, once a person has approved them: the stack is proved to be what the plan says
 * while its role bears a tag that is no digest, as nothing can change then. The tag of the approval stays, so that
 * later runs of the same settings go by it.
 * @throws RunbookError STACK_CHANGED, …
 */
export async function approveSettings(
  site: Site,
  place: RecordPlace,
  plan: RetentionPlan,
  stack: Stack,
): Promise<string> {
  const { template, settingsFingerprint } = plan;
  if (template === undefined) throw new TypeError('a plan for S3 Batch Operations has a template');
  const name = roleNameOf(stack);
  await site.roles.tagRole(name, APPROVED_TAG, CHECKING);
  try {
    await checkStack(site, place, { digest: settingsFingerprint, template }, stack);
    await site.roles.tagRole(name, APPROVED_TAG, settingsFingerprint);
  } catch (error) {
    await site.roles.untagRole(name, APPROVED_TAG).catch((cause: Error) => {
      site.progress(`the tag ${APPROVED_TAG} could not be taken off ${name}: ${cause.message}`, null);
    });
    throw error;
  }
  return stack.outputs.BatchRoleArn ?? '';
}

/**
 * The role that a run without a person goes by: AWS itself has to hold the approval of exactly these settings.
 * @throws RunbookError REVIEW_REQUIRED
 */
export async function assertApproved(
  { roles }: Pick<Site, 'roles'>,
  place: RecordPlace,
  plan: RetentionPlan,
  stack: Stack,
): Promise<string> {
  const { tags } = await roles.readRole(roleNameOf(stack));
  const approved = tags[APPROVED_TAG];
  if (approved === plan.settingsFingerprint && tags[ROLLBACK_TAGS.digest] === approved) {
    return stack.outputs.BatchRoleArn ?? '';
  }
  throw new RunbookError(
    'REVIEW_REQUIRED',
    `The plan ${plan.digest} needs a review: its role bears ${approved ?? 'no approval'}, not that of ${plan.settingsFingerprint}.`,
    {
      hint: `have it approved once, in the environment of start-jobs: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)} --approval approval.json`,
    },
  );
}

function roleNameOf(stack: Stack): string {
  const [name = ''] = roleNamesOf(stack).filter((found) => found !== '');
  return name;
}
