import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { BOOTSTRAP_PATH, ROLLBACK_TAGS } from '../s3/aws-names.ts';
import type { Role, Stack } from '../s3/stack.ts';
import { asObject, type Json, type JsonObject, resolveTemplate } from './resolve-template.ts';
import type { DeploySite } from './site.ts';

const ROLE_IDS = ['TaskRole', 'BatchRole'] as const;

/** The names of the two roles of a stack, from its outputs. */
export function roleNamesOf({ outputs }: Stack): string[] {
  return ['TaskRoleArn', 'BatchRoleArn'].map((name) => (outputs[name] ?? '').replace(/^.*\//, ''));
}

/**
 * Proves that a stack is what its plan says: its template byte for byte, its parameters, and of both roles the digest,
 * trust, boundary and policies, as the template has them with the names that CloudFormation gave. From the moment that
 * the roles bear the tag of an approval, to whatever value, none of this can change.
 * @throws RunbookError STACK_CHANGED, …
 */
export async function checkStack(
  { stacks, roles }: Pick<DeploySite, 'stacks' | 'roles'>,
  place: RecordPlace,
  plan: Pick<RollbackPlan, 'digest' | 'template'>,
  stack: Stack,
): Promise<void> {
  const template = await stacks.readTemplate(stack.id);
  const found = sha256OfText(template);
  if (found !== plan.template.sha256) throw changed(`its template is ${found}, not ${plan.template.sha256}`);
  const { PlanDigest, RecordBucket, BoundaryArn = '' } = stack.parameters;
  if (PlanDigest !== plan.digest) throw changed(`it was made for the plan ${PlanDigest}`);
  if (RecordBucket !== place.bucket) throw changed(`its record bucket is ${RecordBucket}`);
  const [, partition = '', , region = '', account = ''] = stack.id.split(':');
  if (!BoundaryArn.startsWith(`arn:${partition}:iam::${account}:policy${BOOTSTRAP_PATH}`)) {
    throw changed(`its boundary is ${BoundaryArn}, which is not that of the bootstrap stack`);
  }
  const physical = await stacks.readResources(stack.id);
  const expected = resolveTemplate(template, stack.parameters, {
    ...{ partition, region, account, physical },
    stack: stack.name,
  });
  for (const id of ROLE_IDS.filter((name) => expected.resources[name] !== undefined)) {
    const role = await roles.readRole(physical[id] ?? '');
    compareRole(role, asObject(expected.resources[id]?.properties ?? {}), plan, stack);
  }
}

function compareRole(
  role: Role,
  expected: JsonObject,
  plan: Pick<RollbackPlan, 'digest'>,
  stack: Stack,
): void {
  const { name } = role;
  if (stack.outputs.TaskRoleArn !== role.arn && stack.outputs.BatchRoleArn !== role.arn) {
    throw changed(`the role ${name} is not among its outputs`);
  }
  if (role.tags[ROLLBACK_TAGS.digest] !== plan.digest) {
    throw changed(`the role ${name} is of ${role.tags[ROLLBACK_TAGS.digest] ?? 'no plan'}`);
  }
  if (role.boundaryArn !== expected.PermissionsBoundary) {
    throw changed(`the role ${name} has the boundary ${role.boundaryArn ?? 'none'}`);
  }
  if (role.attached.length > 0) throw changed(`the role ${name} has a further policy, ${role.attached[0]}`);
  const policies = Object.fromEntries(
    ((expected.Policies ?? []) as Json[]).map((policy) => {
      const { PolicyName, PolicyDocument } = asObject(policy);
      return [String(PolicyName), PolicyDocument ?? null];
    }),
  );
  if (canonicalize(role.policies) !== canonicalize(policies)) {
    throw changed(`the policies of the role ${name} are not those of the template`);
  }
  if (canonicalize(role.trust) !== canonicalize(expected.AssumeRolePolicyDocument)) {
    throw changed(`the trust of the role ${name} is not that of the template`);
  }
}

function changed(fact: string): RunbookError {
  return new RunbookError('STACK_CHANGED', `The stack of the rollback is not what its plan says: ${fact}.`, {
    hint: 'nothing was started. Find out who changed it (CloudTrail); then cleanup, deploy again, and have it approved again',
  });
}
