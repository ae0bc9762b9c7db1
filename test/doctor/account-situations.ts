import { type Healthy, read, trustOf, unreadable } from './healthy.ts';
import { each, later, type Situation } from './situation.ts';

const subjectsOf =
  (role: number, change: (equals: Record<string, string | string[]>) => void) => (s: Healthy) => {
    const trust = trustOf(role === 2 ? 'environment:s3-rewind' : 'ref:refs/heads/main');
    for (const { Condition } of trust.Statement) change(Condition.StringEquals ?? {});
    for (const [index, one] of s.account.roles.entries()) if (index === role) one.trust = read({ trust });
  };
const GITHUB = 'token.actions.githubusercontent.com';
const inTrust =
  (change: (statement: ReturnType<typeof trustOf>['Statement'][number]) => void) => (s: Healthy) => {
    const trust = trustOf('ref:refs/heads/main');
    for (const statement of trust.Statement) change(statement);
    for (const one of s.account.roles.slice(0, 1)) one.trust = read({ trust });
  };

/** Credentials, the bootstrap stack, and whom its roles trust. */
export const ACCOUNT_SITUATIONS: Situation[] = [
  ['subjects with IDs', (s) => (s.github.oidc.value.prefix = 'repo:my-org@123/my-repo@456'), {}],
  [
    'subjects with IDs, prefix not told',
    (s) => Object.assign(s.github.oidc.value, { prefix: null, immutable: true }),
    {},
  ],
  [
    'form of the subject not told',
    (s) => Object.assign(s.github.oidc.value, { prefix: null, immutable: null }),
    {},
  ],
  [
    'a subject of its own',
    (s) => Object.assign(s.github.oidc.value, { usesDefault: false, claims: ['job_workflow_ref'] }),
    { OIDC_SUBJECT: 'problem', ROLE_TRUST: 'warning' },
  ],
  [
    'subject denied',
    (s) => Object.assign(s.github, { oidc: unreadable() }),
    { OIDC_SUBJECT: 'unreadable', ROLE_TRUST: 'warning' },
  ],

  [
    'no credentials',
    (s) => Object.assign(s.account, { identity: unreadable('CREDENTIALS_MISSING') }),
    { ACCOUNT_IDENTITY: 'unreadable' },
  ],
  [
    'no stack',
    (s) => Object.assign(s.account, { stack: read(null), roles: [], boundary: null }),
    { BOOTSTRAP_STACK: 'problem', ...later('BOUNDARY', 'ROLE_TRUST') },
  ],
  [
    'stack denied',
    (s) => Object.assign(s.account, { stack: unreadable(), roles: [], boundary: null }),
    { BOOTSTRAP_STACK: 'unreadable', ...later('BOUNDARY', 'ROLE_TRUST') },
  ],
  [
    'stack rolled back',
    (s) => (s.account.stack = read({ status: 'UPDATE_ROLLBACK_FAILED' })),
    { BOOTSTRAP_STACK: 'problem' },
  ],
  ['boundary gone', (s) => (s.account.boundary = read(null)), { BOUNDARY: 'problem' }],
  ['boundary not named', (s) => Object.assign(s.account, { boundary: null }), { BOUNDARY: 'problem' }],
  [
    'boundary denied',
    (s) => Object.assign(s.account, { boundary: unreadable() }),
    { BOUNDARY: 'unreadable' },
  ],
  ['a role gone', (s) => each(s.account.roles, (one) => (one.trust = read(null))), { ROLE_TRUST: 'problem' }],
  ['a role not named', (s) => each(s.account.roles, (one) => (one.arn = null)), { ROLE_TRUST: 'problem' }],
  [
    'a trust denied',
    (s) => each(s.account.roles.slice(0, 1), (one) => (one.trust = unreadable())),
    { ROLE_TRUST: 'unreadable' },
  ],
  [
    'names alone, tokens with IDs',
    (s) => {
      s.github.oidc.value.prefix = 'repo:my-org@123/my-repo@456';
      subjectsOf(2, (equals) => (equals[`${GITHUB}:sub`] = 'repo:my-org/my-repo:environment:s3-rewind'))(s);
    },
    { ROLE_TRUST: 'problem' },
  ],
  [
    'start-jobs trusts the branch too',
    subjectsOf(
      2,
      (equals) =>
        (equals[`${GITHUB}:sub`] = [
          'repo:my-org/my-repo:environment:s3-rewind',
          'repo:my-org/my-repo:ref:refs/heads/main',
        ]),
    ),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'plan trusts the gate',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:sub`] = 'repo:my-org/my-repo:environment:S3-Rewind')),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'plan has an environment of its own',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:sub`] = 'repo:my-org/my-repo:environment:plan')),
    {},
  ],
  [
    'plan trusts pull requests',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:sub`] = 'repo:my-org/my-repo:pull_request')),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'another repository too',
    subjectsOf(
      0,
      (equals) =>
        (equals[`${GITHUB}:sub`] = [
          'repo:my-org/my-repo:ref:refs/heads/main',
          'repo:other/repo:ref:refs/heads/main',
        ]),
    ),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'another repository alone',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:sub`] = 'repo:other/repo:ref:refs/heads/main')),
    { ROLE_TRUST: 'problem' },
  ],
  ['no subject', subjectsOf(0, (equals) => delete equals[`${GITHUB}:sub`]), { ROLE_TRUST: 'problem' }],
  ['no audience', subjectsOf(0, (equals) => delete equals[`${GITHUB}:aud`]), { ROLE_TRUST: 'problem' }],
  [
    'no branch in the trust',
    subjectsOf(0, (equals) => delete equals[`${GITHUB}:ref`]),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'another branch in the trust',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:ref`] = 'refs/heads/dev')),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'another repository ID',
    subjectsOf(0, (equals) => (equals[`${GITHUB}:repository_id`] = '457')),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'no repository ID',
    subjectsOf(0, (equals) => delete equals[`${GITHUB}:repository_id`]),
    { ROLE_TRUST: 'warning' },
  ],
  [
    'subject with a wildcard',
    inTrust((one) => (one.Condition = { StringLike: { [`${GITHUB}:sub`]: 'repo:my-org/*' } })),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'trusts an account',
    inTrust((one) => (one.Principal = { AWS: '444455556666' })),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'trusts another provider',
    inTrust(
      (one) =>
        (one.Principal = {
          Federated:
            'arn:aws:iam::111122223333:oidc-provider/evil.example/token.actions.githubusercontent.com.evil',
        }),
    ),
    { ROLE_TRUST: 'problem' },
  ],
  [
    'trust of another shape',
    (s) => each(s.account.roles, (one) => (one.trust = read({ trust: 'none' }))),
    { ROLE_TRUST: 'problem' },
  ],
];
