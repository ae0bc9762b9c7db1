import { isReviewersRule } from '../approve/github-answers.ts';
import { checksOf, type DoctorCheck, type Reading } from './check.ts';
import { codesOf } from './codes.ts';
import type { BranchPolicy, EnvironmentFacts, GitHubFacts } from './github-facts.ts';

/** The gate: what has to be true of the environment before a proof of approval can succeed. */
export function checkGate(
  { environment, branchPolicies }: Pick<GitHubFacts, 'environment' | 'branchPolicies'>,
  request: { environment: string; branch: string | null },
): DoctorCheck[] {
  const name = request.environment;
  const check = checksOf(name);
  const rest = codesOf('gate').filter((code) => code !== 'GATE_ENVIRONMENT');
  const later = () =>
    rest.map((code) => check.notChecked(code, 'needs the environment', 'settle GATE_ENVIRONMENT first'));
  if (!environment.readable) return [check.unreadable('GATE_ENVIRONMENT', environment), ...later()];
  if (environment.value === null) {
    return [
      check.problem(
        'GATE_ENVIRONMENT',
        'there is no such environment that can be seen; GitHub would make one without any rule',
        `Settings, Environments, "New environment": make ${name} and tick "Required reviewers"`,
      ),
      ...later(),
    ];
  }
  return [
    check.ok('GATE_ENVIRONMENT', `exists (${environment.value.id})`),
    ...checkReviewers(name, environment.value),
    environment.value.can_admins_bypass
      ? check.problem(
          'GATE_ADMIN_BYPASS',
          'administrators can bypass the rules, so every run will be refused',
          `Settings, Environments, ${name}: untick "Allow administrators to bypass configured protection rules"; or accept it with "admin-bypass: accept", which goes on record`,
        )
      : check.ok('GATE_ADMIN_BYPASS', 'administrators cannot bypass the rules'),
    checkBranches(name, environment.value, branchPolicies, request.branch),
  ];
}

function checkReviewers(name: string, { protection_rules: rules }: EnvironmentFacts): DoctorCheck[] {
  const check = checksOf(name);
  const [rule, second] = rules.filter(isReviewersRule);
  if (rule === undefined || rule.reviewers.length === 0) {
    return [
      check.problem(
        'GATE_REVIEWERS',
        'nobody is a required reviewer, so nothing waits for anyone',
        `Settings, Environments, ${name}: tick "Required reviewers" and name at least two people. Where the box is missing, the plan of a private repository lacks it: see "approval: code-owner-review"`,
      ),
      check.notChecked('GATE_SELF_REVIEW', 'needs required reviewers', 'settle GATE_REVIEWERS first'),
    ];
  }
  if (second !== undefined) {
    return [
      check.problem(
        'GATE_REVIEWERS',
        'there are several rules for required reviewers, which the proof calls ambiguous',
        `Settings, Environments, ${name}: leave one of them`,
      ),
      check.notChecked('GATE_SELF_REVIEW', 'needs one rule', 'settle GATE_REVIEWERS first'),
    ];
  }
  const people = rule.reviewers.filter(({ type }) => type === 'User').length;
  const teams = rule.reviewers.length - people;
  const found = [
    ...(people > 0 ? [`${people} ${people === 1 ? 'person' : 'people'}`] : []),
    ...(teams > 0 ? [`${teams} ${teams === 1 ? 'team' : 'teams'}`] : []),
  ].join(' and ');
  return [
    describeReviewers(name, found, people, teams),
    rule.prevent_self_review
      ? check.ok('GATE_SELF_REVIEW', 'who starts a run cannot approve it')
      : check.warning(
          'GATE_SELF_REVIEW',
          'who starts a run may approve it on GitHub; the proof refuses that, after the click',
          `Settings, Environments, ${name}: tick "Prevent self-review"`,
        ),
  ];
}

function describeReviewers(name: string, found: string, people: number, teams: number): DoctorCheck {
  const check = checksOf(name);
  if (teams > 0) {
    return check.warning(
      'GATE_REVIEWERS',
      `${found}; the token of a job cannot read who is in a team, so an approver who is named only through one is refused`,
      `Settings, Environments, ${name}: name people, or give "github-token" a token that reads members of the organisation`,
    );
  }
  if (people === 1) {
    return check.warning(
      'GATE_REVIEWERS',
      `${found}: when that person starts the run, or is away, nobody can approve`,
      `Settings, Environments, ${name}: name a second person`,
    );
  }
  return check.ok('GATE_REVIEWERS', found);
}

function checkBranches(
  name: string,
  { deployment_branch_policy: policy }: EnvironmentFacts,
  policies: Reading<BranchPolicy[]> | null,
  branch: string | null,
): DoctorCheck {
  const check = checksOf(name);
  const fix = `Settings, Environments, ${name}, "Deployment branches and tags": "Selected branches and tags", ${branch ?? 'the trusted branch'} alone`;
  if (policy === null) return check.warning('GATE_BRANCHES', 'jobs of every branch may use it', fix);
  if (policy.protected_branches) return check.ok('GATE_BRANCHES', 'protected branches alone may use it');
  if (policies === null) return check.warning('GATE_BRANCHES', 'its branches are not told', fix);
  if (!policies.readable) return check.unreadable('GATE_BRANCHES', policies);
  const names = policies.value.map((one) => `${one.type === 'tag' ? 'tag ' : ''}${one.name}`);
  const found = names.length === 0 ? 'no branch may use it' : `open to ${names.join(', ')}`;
  if (names.length === 0) return check.problem('GATE_BRANCHES', found, fix);
  if (branch === null || (names.length === 1 && names[0] === branch)) return check.ok('GATE_BRANCHES', found);
  const isOpen = policies.value.some((one) => one.type !== 'tag' && matchesBranch(one.name, branch));
  return isOpen
    ? check.warning('GATE_BRANCHES', found, fix)
    : check.problem('GATE_BRANCHES', `${found}, not to ${branch}`, fix);
}

/** GitHub matches with File.fnmatch: `*` does not take a slash, `**` does. */
function matchesBranch(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part.startsWith('**')) return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`).test(branch);
}
