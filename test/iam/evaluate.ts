import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { asObject, type Json, PLACE, type ResolvedStack } from '../../src/deploy/resolve-template.ts';

/** A role with everything that decides what it may do. */
export type Principal = { arn: string; policies: { name: string; policy: Json }[]; boundary: Json | null };

/** A request of the table: what, on which resource, in which circumstances. */
export type Request = { action: string; resource: string; context?: Record<string, string | string[]> };

/** Reads a role with its inline policies. */
export function principalOf(stack: ResolvedStack, id: string, boundary: Json | null = null): Principal {
  const role = stack.resources[id];
  if (role?.type !== 'AWS::IAM::Role') throw new Error(`${id} is no role`);
  const policies = (role.properties.Policies as Json[]).map((raw) => {
    const { PolicyName, PolicyDocument } = asObject(raw);
    return { name: String(PolicyName), policy: PolicyDocument ?? null };
  });
  return { arn: String(role.attributes.arn), policies, boundary };
}

/** The policy document of a resource: its boundary, trust or bucket policy. */
export function documentOf(stack: ResolvedStack, id: string, property = 'PolicyDocument'): Json {
  return stack.resources[id]?.properties[property] ?? null;
}

/**
 * Asks the evaluator. The request is validated first (the action exists, the resource is of its kind, the policies are
 * well-formed); the answer is that of the evaluation with every context key, for the validation drops those that its
 * data does not list with an action, such as lambda:SourceFunctionArn.
 */
export async function isAllowed(
  principal: Principal,
  { action, resource, context = {} }: Request,
  resourcePolicy: Json | null = action.startsWith('kms:') ? KEY_POLICY : null,
): Promise<boolean> {
  const simulation: Simulation = {
    request: {
      principal: principal.arn,
      action,
      resource: { resource, accountId: PLACE.account },
      contextVariables: context,
    },
    identityPolicies: principal.policies,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(principal.boundary === null
      ? {}
      : { permissionBoundaryPolicies: [{ name: 'boundary', policy: principal.boundary }] }),
    ...(resourcePolicy === null ? {} : { resourcePolicy }),
  };
  // The evaluation without validation cannot take a resource's policy; none of ours needs a key that is dropped.
  if (resourcePolicy !== null) return (await validated(simulation)) === 'Allowed';
  const once = `${principal.arn} ${action}`;
  if (!VALIDATED.has(once)) await validated(simulation);
  VALIDATED.add(once);
  return runUnsafeSimulation(simulation, {}) === 'Allowed';
}

const VALIDATED = new Set<string>();

async function validated(simulation: Simulation): Promise<string> {
  const checked = await runSimulation(simulation, {});
  if (checked.resultType !== 'error') return checked.overallResult;
  throw new Error(`${simulation.request.action}: ${JSON.stringify(checked.errors)}`);
}

/** The policy that a KMS key has by default: the account's own IAM decides. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${PLACE.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

/**
 * Whether a trust policy lets a principal in. Its statements are evaluated as statements about the caller, once those
 * for other principals are set aside: the evaluator does not know a token's `sub` and `aud` as keys of AssumeRole.
 */
export function isTrusted(
  trust: Json,
  principal: { Service: string } | { Federated: string },
  action: string,
  context: Record<string, string>,
): boolean {
  const statements = (asObject(trust).Statement as Json[]).map(asObject);
  const own = statements.filter(({ Principal }) => JSON.stringify(Principal) === JSON.stringify(principal));
  const role = `arn:aws:iam::${PLACE.account}:role/any`;
  const simulation: Simulation = {
    request: {
      principal: `arn:aws:iam::${PLACE.account}:user/any`,
      action,
      resource: { resource: role, accountId: PLACE.account },
      contextVariables: context,
    },
    identityPolicies: own.map(({ Principal: _principal, ...statement }, index) => ({
      name: String(index),
      policy: { Version: '2012-10-17', Statement: [{ ...statement, Resource: role }] },
    })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  return runUnsafeSimulation(simulation, {}) === 'Allowed';
}
