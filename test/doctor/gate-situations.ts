import { person, read, unreadable } from './healthy.ts';
import { each, later, type Situation } from './situation.ts';

const GATE_LATER = later('GATE_REVIEWERS', 'GATE_SELF_REVIEW', 'GATE_ADMIN_BYPASS', 'GATE_BRANCHES');

/** The gate, and what the token and the settings of Actions allow. */
export const GATE_SITUATIONS: Situation[] = [
  [
    'no environment',
    (s) => (s.github.environment = read(null)),
    { GATE_ENVIRONMENT: 'problem', ...GATE_LATER },
  ],
  [
    'environment denied',
    (s) => Object.assign(s.github, { environment: unreadable('GITHUB_DENIED') }),
    { GATE_ENVIRONMENT: 'unreadable', TOKEN_PERMISSIONS: 'unreadable', ...GATE_LATER },
  ],
  [
    'no reviewers',
    (s) => (s.environment.protection_rules = []),
    { GATE_REVIEWERS: 'problem', GATE_SELF_REVIEW: 'not-checked' },
  ],
  [
    'an empty rule',
    (s) => each(s.environment.protection_rules, (one) => one.reviewers.splice(0)),
    { GATE_REVIEWERS: 'problem', GATE_SELF_REVIEW: 'not-checked' },
  ],
  [
    'one reviewer',
    (s) => each(s.environment.protection_rules, (one) => one.reviewers.pop()),
    { GATE_REVIEWERS: 'warning' },
  ],
  [
    'a team',
    (s) =>
      each(s.environment.protection_rules, (one) =>
        one.reviewers.push({ type: 'Team', reviewer: { id: 3, slug: 'storage' } } as never),
      ),
    { GATE_REVIEWERS: 'warning' },
  ],
  [
    'two rules',
    (s) =>
      s.environment.protection_rules.push({
        type: 'required_reviewers',
        prevent_self_review: true,
        reviewers: [person(3)],
      }),
    { GATE_REVIEWERS: 'problem', GATE_SELF_REVIEW: 'not-checked' },
  ],
  [
    'self-review',
    (s) => each(s.environment.protection_rules, (one) => (one.prevent_self_review = false)),
    { GATE_SELF_REVIEW: 'warning' },
  ],
  [
    'administrators bypass',
    (s) => (s.environment.can_admins_bypass = true),
    { GATE_ADMIN_BYPASS: 'problem' },
  ],
  ['every branch', (s) => (s.environment.deployment_branch_policy = null), { GATE_BRANCHES: 'warning' }],
  [
    'protected branches',
    (s) =>
      (s.environment.deployment_branch_policy = { protected_branches: true, custom_branch_policies: false }),
    {},
  ],
  ['two branches', (s) => s.github.branchPolicies.value.push({ name: 'dev' }), { GATE_BRANCHES: 'warning' }],
  ['a pattern', (s) => (s.github.branchPolicies.value = [{ name: 'm*' }]), { GATE_BRANCHES: 'warning' }],
  [
    'a pattern that takes no slash',
    (s) => (s.github.branchPolicies.value = [{ name: '*/main' }]),
    { GATE_BRANCHES: 'problem' },
  ],
  [
    'another branch',
    (s) => (s.github.branchPolicies.value = [{ name: 'release' }]),
    { GATE_BRANCHES: 'problem' },
  ],
  [
    'a tag of that name',
    (s) => (s.github.branchPolicies.value = [{ name: 'main', type: 'tag' }]),
    { GATE_BRANCHES: 'problem' },
  ],
  ['no branch', (s) => (s.github.branchPolicies.value = []), { GATE_BRANCHES: 'problem' }],
  [
    'branches denied',
    (s) => Object.assign(s.github, { branchPolicies: unreadable() }),
    { GATE_BRANCHES: 'unreadable' },
  ],

  [
    'a weak token',
    (s) => each(s.github.permissions, (one) => (one.reading = unreadable('GITHUB_DENIED'))),
    { TOKEN_PERMISSIONS: 'unreadable' },
  ],
  [
    'repository unreadable',
    (s) => Object.assign(s.github, { repository: unreadable() }),
    { TOKEN_PERMISSIONS: 'unreadable', SCHEDULE_INACTIVITY: 'unreadable' },
  ],
  [
    'no pull requests by Actions',
    (s) => (s.github.workflowPermissions.value.can_approve_pull_request_reviews = false),
    { ACTIONS_PULL_REQUESTS: 'problem' },
  ],
  [
    'workflows write',
    (s) => (s.github.workflowPermissions.value.default_workflow_permissions = 'write'),
    { ACTIONS_DEFAULT_PERMISSIONS: 'warning' },
  ],
  [
    'settings of Actions denied',
    (s) => Object.assign(s.github, { workflowPermissions: unreadable() }),
    { ACTIONS_PULL_REQUESTS: 'unreadable', ACTIONS_DEFAULT_PERMISSIONS: 'unreadable' },
  ],
];
