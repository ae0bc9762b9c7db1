import { checksOf, type DoctorCheck } from './check.ts';
import type { GitHubFacts, RepositoryFacts } from './github-facts.ts';

/** Token, settings of Actions, and the form of the OIDC subject. */
export function checkGitHubSettings(facts: GitHubFacts, name: string): DoctorCheck[] {
  return [...checkToken(facts, name), ...checkActionsSettings(facts, name), checkSubject(facts, name)];
}

function checkToken({ repository, environment, permissions }: GitHubFacts, name: string): DoctorCheck[] {
  const check = checksOf(name);
  const readings = [
    { name: 'metadata', reading: repository },
    { name: 'actions', reading: environment },
    ...permissions,
  ];
  const missing = readings.flatMap(({ name: permission, reading }) =>
    reading.readable ? [] : [{ permission, reading }],
  );
  const [first] = missing;
  if (first === undefined) {
    return [
      check.ok(
        'TOKEN_PERMISSIONS',
        `reads ${readings.map((one) => one.name).join(', ')}; whether it may write was not tried`,
      ),
    ];
  }
  const names = missing.map(({ permission }) => permission).join(', ');
  return [
    check.unreadable('TOKEN_PERMISSIONS', {
      reason: `does not read ${names}: ${first.reading.reason}`,
      next: first.reading.next,
    }),
  ];
}

function checkActionsSettings({ workflowPermissions }: GitHubFacts, name: string): DoctorCheck[] {
  const check = checksOf(name);
  if (!workflowPermissions.readable) {
    const next =
      'look at Settings, Actions, General, "Workflow permissions" yourself, then accept the code; or run the doctor with a token of an administrator';
    const reading = { ...workflowPermissions, next };
    return [
      check.unreadable('ACTIONS_PULL_REQUESTS', reading),
      check.unreadable('ACTIONS_DEFAULT_PERMISSIONS', reading),
    ];
  }
  const { can_approve_pull_request_reviews: mayOpen, default_workflow_permissions: standard } =
    workflowPermissions.value;
  return [
    mayOpen
      ? check.ok('ACTIONS_PULL_REQUESTS', 'GitHub Actions may create pull requests')
      : check.problem(
          'ACTIONS_PULL_REQUESTS',
          'GitHub Actions may not create pull requests: plans are shown in the summary of a run alone',
          'Settings, Actions, General, "Workflow permissions": tick "Allow GitHub Actions to create and approve pull requests"; an organisation may have to allow it first',
        ),
    standard === 'read'
      ? check.ok('ACTIONS_DEFAULT_PERMISSIONS', 'workflows read unless they ask for more')
      : check.warning(
          'ACTIONS_DEFAULT_PERMISSIONS',
          'every workflow of the repository may write unless it says otherwise',
          'Settings, Actions, General, "Workflow permissions": choose "Read repository contents and packages permissions"',
        ),
  ];
}

function checkSubject(facts: GitHubFacts, name: string): DoctorCheck {
  const check = checksOf(name);
  const { oidc } = facts;
  if (!oidc.readable) return check.unreadable('OIDC_SUBJECT', oidc);
  if (!oidc.value.usesDefault) {
    return check.problem(
      'OIDC_SUBJECT',
      `the subject is made of ${oidc.value.claims.join(', ') || 'claims of its own'}, which no role of the bootstrap stack trusts`,
      `gh api --method PUT repos/${name}/actions/oidc/customization/sub -F use_default=true`,
    );
  }
  const prefix = subjectPrefix(facts);
  if (prefix === null) {
    return check.unreadable('OIDC_SUBJECT', {
      reason: 'GitHub does not say how the subject begins, and the repository cannot be read',
      next: 'give the token `metadata: read`',
    });
  }
  return check.ok(
    'OIDC_SUBJECT',
    `begins with ${prefix} (${prefix.includes('@') ? 'names and IDs' : 'names'})`,
  );
}

/**
 * What the subjects of this repository's tokens begin with, or null where that cannot be told. Both forms: "OpenID
 * Connect reference", GitHub Docs.
 */
export function subjectPrefix({ oidc, repository }: Pick<GitHubFacts, 'oidc' | 'repository'>): string | null {
  if (!oidc.readable || !oidc.value.usesDefault) return null;
  const { prefix, immutable } = oidc.value;
  if (prefix !== null && prefix !== '') return prefix;
  return repository.readable ? formOf(repository.value, immutable === true) : null;
}

function formOf({ id, full_name: fullName, owner }: RepositoryFacts, immutable: boolean): string {
  const [login, repository] = fullName.split('/');
  return immutable ? `repo:${login}@${owner.id}/${repository}@${id}` : `repo:${login}/${repository}`;
}
