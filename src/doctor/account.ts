import type { AccountFacts, RoleFacts } from './account-facts.ts';
import { checksOf, type DoctorCheck } from './check.ts';
import { codesOf } from './codes.ts';
import { checkTrust, type Trusted } from './trust.ts';

/** Stacks that are as their template says ("Stack status codes", CloudFormation User Guide). */
const COMPLETE = new Set(['CREATE_COMPLETE', 'UPDATE_COMPLETE']);

/** What the bootstrap stack made: roles, boundary, and whom the roles trust. */
export function checkAccount(
  { identity, stack, boundary, roles }: AccountFacts,
  { stackName, trusted }: { stackName: string; trusted: Trusted },
): DoctorCheck[] {
  const own = checksOf(identity.readable ? identity.value.arn : '');
  const check = checksOf(stackName);
  const who = identity.readable
    ? own.ok(
        'ACCOUNT_IDENTITY',
        `account ${identity.value.account}${describeOwnRole(identity.value.arn, roles)}`,
      )
    : own.unreadable('ACCOUNT_IDENTITY', identity);
  const later = codesOf('account')
    .filter((code) => code === 'BOUNDARY' || code === 'ROLE_TRUST')
    .map((code) => check.notChecked(code, 'needs the bootstrap stack', 'settle BOOTSTRAP_STACK first'));
  if (!stack.readable) return [who, check.unreadable('BOOTSTRAP_STACK', stack), ...later];
  if (stack.value === null) {
    const fix =
      'prepare the account: npm run --silent s3-rewind -- bootstrap --help; or name the stack with --bootstrap-stack';
    return [who, check.problem('BOOTSTRAP_STACK', 'there is no such stack in this Region', fix), ...later];
  }
  const { status } = stack.value;
  const events = `aws cloudformation describe-stack-events --stack-name ${stackName}`;
  return [
    who,
    COMPLETE.has(status)
      ? check.ok('BOOTSTRAP_STACK', status)
      : check.problem('BOOTSTRAP_STACK', `its status is ${status || 'not told'}`, events),
    checkBoundary(boundary, stackName),
    ...roles.map((role) => checkRole(role, trusted)),
  ];
}

/** A session of a role of ours was taken on: that this role can be is proved. */
function describeOwnRole(arn: string, roles: readonly RoleFacts[]): string {
  const [, name] = /:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  const role = roles.find((one) => name !== undefined && one.arn?.split('/').at(-1) === name);
  return role === undefined
    ? '; not a role of the bootstrap stack: what is readable here says nothing of what those roles may read'
    : `, as the role for ${role.role}`;
}

function checkBoundary(boundary: AccountFacts['boundary'], stackName: string): DoctorCheck {
  const check = checksOf(stackName);
  const fix = 'deploy the bootstrap stack again: npm run --silent s3-rewind -- bootstrap --help';
  if (boundary === null) return check.problem('BOUNDARY', 'the stack has no output BoundaryArn', fix);
  if (!boundary.readable) return check.unreadable('BOUNDARY', boundary);
  return boundary.value === null
    ? check.problem('BOUNDARY', 'the policy that the stack names is not there', fix)
    : check.ok('BOUNDARY', boundary.value);
}

function checkRole({ role, arn, trust }: RoleFacts, trusted: Trusted): DoctorCheck {
  const check = checksOf(arn?.split('/').at(-1) ?? role);
  const fix = 'deploy the bootstrap stack again: npm run --silent s3-rewind -- bootstrap --help';
  if (arn === null)
    return check.problem('ROLE_TRUST', `the stack has no output for the role of ${role}`, fix);
  if (!trust.readable) return check.unreadable('ROLE_TRUST', trust);
  if (trust.value === null) return check.problem('ROLE_TRUST', `there is no role for ${role}`, fix);
  const { status, found, fix: step } = checkTrust(role, trust.value.trust, trusted);
  if (status === 'ok') return check.ok('ROLE_TRUST', `${role}: ${found}`);
  return check[status]('ROLE_TRUST', `${role}: ${found}`, step);
}
