import type { Stack } from '../s3/stack.ts';
import type { Reading } from './check.ts';
import { takeReading } from './reading.ts';

/** The calls of AWS that the account is read by. */
export type AccountCalls = {
  readIdentity(): Promise<Identity>;
  describeStack(name: string): Promise<Stack | null>;
  /** null: there is no such policy */
  readPolicyName(arn: string): Promise<string | null>;
  /** null: there is no such role */
  readTrust(roleName: string): Promise<{ trust: unknown } | null>;
};

export type Identity = { account: string; arn: string };

/** Outputs of the bootstrap stack that name a role (templates/bootstrap.yaml.hbs and its folder). */
export const ROLE_OUTPUTS = {
  plan: 'PlanRoleArn',
  deploy: 'DeployRoleArn',
  'start-jobs': 'StartJobsRoleArn',
  cleanup: 'CleanupRoleArn',
} as const;
export type RoleName = keyof typeof ROLE_OUTPUTS;
export const ROLE_NAMES = Object.keys(ROLE_OUTPUTS) as RoleName[];

export type RoleFacts = {
  role: RoleName;
  /** null: the stack has no such output */
  arn: string | null;
  trust: Reading<{ trust: unknown } | null>;
};

export type AccountFacts = {
  identity: Reading<Identity>;
  stack: Reading<Stack | null>;
  /** null: the stack does not name one */
  boundary: Reading<string | null> | null;
  /** empty where there is no stack to name them */
  roles: RoleFacts[];
};

export async function readAccountFacts(calls: AccountCalls, stackName: string): Promise<AccountFacts> {
  const [identity, stack] = await Promise.all([
    takeReading(() => calls.readIdentity()),
    takeReading(() => calls.describeStack(stackName)),
  ]);
  if (!stack.readable || stack.value === null) return { identity, stack, boundary: null, roles: [] };
  const { outputs } = stack.value;
  const { BoundaryArn } = outputs;
  const [boundary, roles] = await Promise.all([
    BoundaryArn === undefined ? null : takeReading(() => calls.readPolicyName(BoundaryArn)),
    Promise.all(
      ROLE_NAMES.map(async (role): Promise<RoleFacts> => {
        const arn = outputs[ROLE_OUTPUTS[role]] ?? null;
        const name = arn?.split('/').at(-1) ?? '';
        const none = { readable: true, value: null } as const;
        return { role, arn, trust: arn === null ? none : await takeReading(() => calls.readTrust(name)) };
      }),
    ),
  ]);
  return { identity, stack, boundary, roles };
}
