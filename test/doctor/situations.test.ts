import { describe, expect, test } from 'vitest';
import type { CheckStatus } from '../../src/doctor/check.ts';
import { CHECK_CODES, type CheckCode } from '../../src/doctor/codes.ts';
import { buildReport, diagnose, doctorReportSchema } from '../../src/doctor/diagnose.ts';
import {
  asDoctor,
  COMMIT,
  type Healthy,
  healthy,
  person,
  read,
  rule,
  TLS_ONLY,
  trustOf,
  unreadable,
} from './healthy.ts';

/** Changes every one of a list. */
function each<T>(all: readonly T[], change: (one: T) => unknown): void {
  for (const one of all) change(one);
}

/** What differs from a state in which all is well: every code that is not named there stays ok. */
type Differences = Partial<Record<CheckCode, CheckStatus>>;

/** The codes of a table that nobody asked for, or that wait for another one. */
const later = (...codes: CheckCode[]): Differences =>
  Object.fromEntries(codes.map((code) => [code, 'not-checked']));
const GATE_LATER = later('GATE_REVIEWERS', 'GATE_SELF_REVIEW', 'GATE_ADMIN_BYPASS', 'GATE_BRANCHES');
const RECORD_LATER = later('RECORD_VERSIONING', 'RECORD_PRIVATE', 'RECORD_TLS_ONLY', 'RECORD_LIFECYCLE');
const BUCKET_LATER = later(
  ...CHECK_CODES.filter((code) => code.startsWith('BUCKET_') && code !== 'BUCKET_ACCESS'),
);

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

/** Changes the text of one workflow of the repository. */
const inWorkflow = (file: string, change: (text: string) => string | null) => (s: Healthy) => {
  const found = s.github.workflowFiles.find((one) => one.file === file);
  if (found?.reading.readable !== true || found.reading.value === null) throw new Error(`no ${file}`);
  const text = change(found.reading.value);
  if (text === found.reading.value) throw new Error(`${file} was not changed`);
  found.reading = read(text);
};

/** One line a situation: what is different from a healthy state, and which checks say so. */
const SITUATIONS: [name: string, change: (state: Healthy) => void, expected: Differences][] = [
  ['all is well', () => {}, {}],

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

  [
    'no record bucket',
    (s) => Object.assign(s.record, { bucket: unreadable('BUCKET_NOT_FOUND') }),
    { RECORD_BUCKET: 'problem', ...RECORD_LATER },
  ],
  [
    'record bucket elsewhere',
    (s) => Object.assign(s.record, { bucket: unreadable('WRONG_REGION') }),
    { RECORD_BUCKET: 'problem', ...RECORD_LATER },
  ],
  [
    'record bucket denied',
    (s) => Object.assign(s.record, { bucket: unreadable() }),
    { RECORD_BUCKET: 'unreadable', ...RECORD_LATER },
  ],
  [
    'record not versioned',
    (s) => (s.record.bucket.value.versioning = read('Suspended')),
    { RECORD_VERSIONING: 'problem' },
  ],
  [
    'versioning denied',
    (s) =>
      Object.assign(s.record.bucket.value, {
        versioning: { readable: false, reason: 's3:GetBucketVersioning' },
      }),
    { RECORD_VERSIONING: 'unreadable' },
  ],
  [
    'record open',
    (s) => (s.record.publicAccess = read({ blockPublicAcls: true, blockPublicPolicy: false })),
    { RECORD_PRIVATE: 'problem' },
  ],
  ['no block of public access', (s) => (s.record.publicAccess = read(null)), { RECORD_PRIVATE: 'problem' }],
  [
    'public access denied',
    (s) => Object.assign(s.record, { publicAccess: unreadable() }),
    { RECORD_PRIVATE: 'unreadable' },
  ],
  ['no policy', (s) => (s.record.policy = read(null)), { RECORD_TLS_ONLY: 'problem' }],
  [
    'policy denied',
    (s) => Object.assign(s.record, { policy: unreadable() }),
    { RECORD_TLS_ONLY: 'unreadable' },
  ],
  [
    'TLS for one person',
    inTls((one) => (one.Principal = { AWS: 'arn:aws:iam::111122223333:root' })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  ['TLS for reading', inTls((one) => (one.Action = 's3:GetObject')), { RECORD_TLS_ONLY: 'problem' }],
  ['TLS for the bucket alone', inTls((one) => one.Resource.pop()), { RECORD_TLS_ONLY: 'problem' }],
  [
    'TLS with another condition',
    inTls((one) => (one.Condition.StringEquals = { 'aws:RequestedRegion': 'eu-west-1' })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  [
    'TLS the wrong way round',
    inTls((one) => (one.Condition = { Bool: { 'aws:SecureTransport': 'true' } })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  [
    'work never expires',
    (s) => (s.record.bucket.value.lifecycle = read([])),
    { RECORD_LIFECYCLE: 'warning' },
  ],
  [
    'records expire',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ expiresCurrent: true })),
    { RECORD_LIFECYCLE: 'problem' },
  ],
  [
    'versions of a record expire',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ prefix: 'rb-my', noncurrentDays: 1 })),
    { RECORD_LIFECYCLE: 'problem' },
  ],
  [
    'a rule that is off',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ enabled: false, expiresCurrent: true })),
    {},
  ],
  [
    'Object Lock asked for',
    (s) => {
      s.request.wantsLock = true;
      s.record.bucket.value.objectLock = read({ enabled: true, defaultRetention: 'GOVERNANCE for 30 days' });
    },
    { RECORD_OBJECT_LOCK: 'ok' },
  ],
  ['no Object Lock, asked for', (s) => (s.request.wantsLock = true), { RECORD_OBJECT_LOCK: 'problem' }],
  [
    'Object Lock without a default',
    (s) => {
      s.request.wantsLock = true;
      s.record.bucket.value.objectLock = read({ enabled: true, defaultRetention: null });
    },
    { RECORD_OBJECT_LOCK: 'problem' },
  ],

  [
    'no workflow',
    (s) => each(s.github.schedules, (one) => (one.reading = read(null))),
    { SCHEDULE_ENABLED: 'warning', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'no workflow, asked for',
    (s) => {
      s.request.workflowsNamed = true;
      each(s.github.schedules, (one) => (one.reading = read(null)));
    },
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'nothing to extend',
    (s) => (s.github.schedules = [{ file: 'extend-retention.yml', reading: read(null) }]),
    { SCHEDULE_ENABLED: 'not-checked', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'workflows denied',
    (s) => each(s.github.schedules, (one) => Object.assign(one, { reading: unreadable() })),
    { SCHEDULE_ENABLED: 'unreadable', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    '60 quiet days',
    (s) => (s.cleanup.state = 'disabled_inactivity'),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'turned off',
    (s) => (s.cleanup.state = 'disabled_manually'),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'no schedule',
    (s) => (s.cleanup.crons = read([])),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'file unreadable',
    (s) => (s.cleanup.crons = unreadable()),
    { SCHEDULE_ENABLED: 'unreadable', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'a job without a permission that the proof needs',
    inWorkflow('rollback.yml', (text) => text.replace(/ {6}deployments: read.*\n/, '')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'a job that may only read what it has to write',
    inWorkflow('undo.yml', (text) => text.replace('pull-requests: write', 'pull-requests: read')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'permissions that are left to the setting of the repository',
    inWorkflow('cleanup.yml', (text) => text.replaceAll(/^ *permissions:.*\n(?: {6}\S.*\n)*/gm, '')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'a job that may write everything',
    inWorkflow('cleanup.yml', (text) =>
      text.replace(/ {4}permissions:\n(?: {6}\S.*\n)*/, '    permissions: write-all\n'),
    ),
    { WORKFLOW_PERMISSIONS: 'warning' },
  ],
  [
    'a job that may write more than it has to',
    inWorkflow('drill.yml', (text) =>
      text.replace('id-token: write', 'id-token: write\n      issues: write'),
    ),
    { WORKFLOW_PERMISSIONS: 'warning' },
  ],
  [
    'a checkout of its own, other runners, a default, a time and an @ of someone else',
    inWorkflow('cleanup.yml', (text) =>
      text
        .replace('    steps:\n', '    steps:\n      - uses: actions/checkout@v9\n')
        .replace('      id-token: write', '      contents: read\n      id-token: write')
        .replace('ubuntu-24.04', 'my-runner')
        .replace(/cron: .*/, 'cron: 1 2 * * *')
        .replace(/(configure-aws-credentials)@\w+/, '$1@v7'),
    ),
    {},
  ],
  [
    'a step that was left out',
    inWorkflow('rollback.yml', (text) => text.replace(/ {6}- name: Keep the record\n(?: {8}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no group of runs',
    inWorkflow('rollback.yml', (text) => text.replace(/concurrency:\n(?: {2}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'an input that is missing',
    inWorkflow('undo.yml', (text) => text.replace(/ {6}record:\n(?: {8}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'a tag in place of a commit',
    (s) => {
      for (const { file } of s.github.workflowFiles)
        inWorkflow(file, (text) => text.replaceAll(COMMIT, 'v1'))(s);
    },
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'two versions',
    inWorkflow('undo.yml', (text) =>
      text.replaceAll(`s3-rewind/actions/undo@${COMMIT}`, `s3-rewind/actions/undo@${'0'.repeat(40)}`),
    ),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no workflow resume',
    (s) =>
      each(
        s.github.workflowFiles,
        (one) => (one.reading = one.file === 'resume.yml' ? read(null) : one.reading),
      ),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no workflow at all',
    (s) => each(s.github.workflowFiles, (one) => (one.reading = read(null))),
    { WORKFLOW_VERSION: 'warning', WORKFLOW_PERMISSIONS: 'not-checked' },
  ],
  [
    'files that the token may not see look missing',
    (s) => {
      each(s.github.workflowFiles, (one) => (one.reading = read(null)));
      each(s.github.permissions, (one) => (one.reading = unreadable('GITHUB_DENIED')));
    },
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable', TOKEN_PERMISSIONS: 'unreadable' },
  ],
  [
    'a file that cannot be read',
    (s) => each(s.github.workflowFiles.slice(0, 1), (one) => (one.reading = unreadable('GITHUB_DENIED'))),
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable' },
  ],
  [
    'a file that is no workflow',
    inWorkflow('undo.yml', () => 'on: [\n'),
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable' },
  ],
  ['never ran', (s) => (s.cleanup.lastRun = read(null)), { SCHEDULE_LAST_RUN: 'warning' }],
  [
    'runs denied',
    (s) => Object.assign(s.cleanup, { lastRun: unreadable() }),
    { SCHEDULE_LAST_RUN: 'unreadable' },
  ],
  [
    'last run failed',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { conclusion: 'failure' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'running now',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { conclusion: null, status: 'in_progress' }),
    {},
  ],
  [
    'last run four days ago',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: '2025-08-28T03:20:00Z' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'four days ago, weekly',
    (s) => {
      s.cleanup.crons = read(['0 3 * * 0']);
      Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: '2025-08-28T03:20:00Z' });
    },
    {},
  ],
  [
    'a time that is none',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: 'soon' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'quiet for 50 days',
    (s) => (s.github.repository.value.pushed_at = '2025-07-10T00:00:00Z'),
    { SCHEDULE_INACTIVITY: 'warning' },
  ],
  [
    'quiet and private',
    (s) => Object.assign(s.github.repository.value, { pushed_at: '2024-07-10T00:00:00Z', private: true }),
    {},
  ],
  [
    'never pushed to',
    (s) => (s.github.repository.value.pushed_at = null),
    { SCHEDULE_INACTIVITY: 'warning' },
  ],

  [
    'no bucket',
    (s) => Object.assign(s.bucket, { facts: unreadable('BUCKET_NOT_FOUND') }),
    { BUCKET_ACCESS: 'problem', ...BUCKET_LATER },
  ],
  [
    'bucket denied',
    (s) => Object.assign(s.bucket, { facts: unreadable() }),
    { BUCKET_ACCESS: 'unreadable', ...BUCKET_LATER },
  ],
  [
    'listing denied',
    (s) => Object.assign(s.bucket, { listing: unreadable() }),
    { BUCKET_ACCESS: 'unreadable' },
  ],
  [
    'never versioned',
    (s) => (s.bucket.facts.value.versioning = read('never')),
    { BUCKET_VERSIONING: 'problem' },
  ],
  [
    'versioning suspended',
    (s) => (s.bucket.facts.value.versioning = read('Suspended')),
    { BUCKET_VERSIONING: 'problem' },
  ],
  [
    'three days of noncurrent versions',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 3, newerNoncurrentVersions: 5 })])),
    { BUCKET_HORIZON: 'problem' },
  ],
  ['thirty days', (s) => (s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 30 })])), {}],
  [
    'thirty of ninety days',
    (s) => {
      s.request.horizonDays = 90;
      s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 30 })]);
    },
    { BUCKET_HORIZON: 'problem' },
  ],
  [
    'rule suspended',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ enabled: false, noncurrentDays: 3 })])),
    { BUCKET_HORIZON: 'problem' },
  ],
  [
    'lifecycle denied',
    (s) =>
      Object.assign(s.bucket.facts.value, {
        lifecycle: { readable: false, reason: 's3:GetLifecycleConfiguration' },
      }),
    { BUCKET_HORIZON: 'unreadable', BUCKET_LIFECYCLE: 'unreadable' },
  ],
  [
    'current objects expire',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ expiresCurrent: true })])),
    { BUCKET_LIFECYCLE: 'warning' },
  ],
  [
    'markers are removed',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ removesExpiredMarkers: true })])),
    { BUCKET_LIFECYCLE: 'warning' },
  ],
  [
    'no S3 Metadata',
    (s) => Object.assign(s.bucket, { metadata: read(null) }),
    { BUCKET_METADATA: 'warning' },
  ],
  [
    'metadata tables failed',
    (s) => (s.bucket.metadata.value.journal.status = 'FAILED'),
    { BUCKET_METADATA: 'problem' },
  ],
  [
    'metadata backfilling',
    (s) => (s.bucket.metadata.value.liveInventory.status = 'BACKFILLING'),
    { BUCKET_METADATA: 'warning' },
  ],
  [
    'metadata denied',
    (s) => Object.assign(s.bucket, { metadata: unreadable() }),
    { BUCKET_METADATA: 'unreadable' },
  ],
  [
    'no inventory',
    (s) =>
      Object.assign(s.bucket.inventory, { value: { report: null, configured: false, reasons: ['none'] } }),
    { BUCKET_INVENTORY: 'warning', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'inventory serves nothing',
    (s) =>
      Object.assign(s.bucket.inventory, {
        value: { report: null, configured: true, reasons: ['current versions only'] },
      }),
    { BUCKET_INVENTORY: 'problem', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'inventory denied',
    (s) => Object.assign(s.bucket, { inventory: unreadable() }),
    { BUCKET_INVENTORY: 'unreadable', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'report of last week',
    (s) => (s.bucket.inventory.value.report.takenAt = new Date('2025-08-25T01:00:00Z')),
    { BUCKET_INVENTORY: 'problem' },
  ],
  [
    'report of last week, weekly',
    (s) =>
      Object.assign(s.bucket.inventory.value, {
        frequency: 'Weekly',
        report: { ...s.bucket.inventory.value.report, takenAt: new Date('2025-08-25T01:00:00Z') },
      }),
    {},
  ],
  [
    'report without fields',
    (s) => (s.bucket.inventory.value.report.columns = ['bucket', 'key']),
    { BUCKET_INVENTORY_FIELDS: 'warning' },
  ],
  ['MFA delete', (s) => (s.bucket.facts.value.mfaDelete = read(true)), { BUCKET_MFA_DELETE: 'warning' }],
  [
    'Object Lock',
    (s) =>
      (s.bucket.facts.value.objectLock = read({ enabled: true, defaultRetention: 'COMPLIANCE for 1 years' })),
    { BUCKET_OBJECT_LOCK: 'warning' },
  ],
  [
    'replication',
    (s) =>
      (s.bucket.facts.value.replication = read({
        destinations: ['arn:aws:s3:::copy'],
        deleteMarkers: false,
      })),
    { BUCKET_REPLICATION: 'warning' },
  ],
  [
    'notifications',
    (s) => (s.bucket.facts.value.notifications = read(['EventBridge'])),
    { BUCKET_NOTIFICATIONS: 'warning' },
  ],
  ['SSE-C', (s) => (s.bucket.facts.value.encryption = read({ algorithm: 'AES256', mayHoldSseC: true })), {}],
  [
    'encryption not known to the store',
    (s) => Object.assign(s.bucket.facts.value, { encryption: { readable: false, reason: 'NotImplemented' } }),
    { BUCKET_ENCRYPTION: 'unreadable' },
  ],
  [
    'requester pays',
    (s) => (s.bucket.facts.value.requesterPays = read(true)),
    { BUCKET_REQUESTER_PAYS: 'warning' },
  ],
];

function inTls(change: (statement: ReturnType<typeof TLS_ONLY>['Statement'][number]) => void) {
  return (s: Healthy) => {
    const policy = TLS_ONLY();
    for (const statement of policy.Statement) change(statement);
    s.record.policy = read(policy);
  };
}

/** The worst status of each code: a role that is well does not cover for one that is not. */
const WORST: CheckStatus[] = ['ok', 'not-checked', 'warning', 'unreadable', 'problem'];

function statusesIn(state: Healthy): Record<string, CheckStatus> {
  const { facts, request } = asDoctor(state);
  const statuses: Record<string, CheckStatus> = {};
  for (const { code, status } of diagnose(facts, request)) {
    const known = statuses[code] ?? 'ok';
    statuses[code] = WORST.indexOf(status) > WORST.indexOf(known) ? status : known;
  }
  return statuses;
}

const WELL = Object.fromEntries(
  CHECK_CODES.map((code) => [code, code === 'RECORD_OBJECT_LOCK' ? 'not-checked' : 'ok']),
);

describe('situations', () => {
  test.each(SITUATIONS)('%s', (_name, change, expected) => {
    const state = healthy();
    change(state);
    expect(statusesIn(state)).toEqual({ ...WELL, ...expected });
  });

  test('every code is the subject of one that is not well', () => {
    const named = new Set(
      SITUATIONS.flatMap(([, , expected]) =>
        Object.entries(expected)
          .filter(([, status]) => status !== 'ok' && status !== 'not-checked')
          .map(([code]) => code),
      ),
    );
    expect([...named].toSorted()).toEqual([...CHECK_CODES].toSorted());
  });

  test.each(SITUATIONS)('%s: says what to do, and fits the schema', (_name, change) => {
    const state = healthy();
    change(state);
    const { facts, request } = asDoctor(state);
    const checks = diagnose(facts, request);
    for (const { status, found, fix, code } of checks) {
      expect(found, code).toMatch(/\w/);
      if (status === 'ok') expect(fix, code).toBeNull();
      else expect(fix, code).toMatch(/\w/);
    }
    const report = buildReport(checks, []);
    expect(doctorReportSchema.parse(report)).toEqual(report);
    expect(report.ready).toBe(!checks.some(({ status }) => status === 'problem' || status === 'unreadable'));
  });
});

test('nothing asked for is nothing checked, with the way to include it', () => {
  const { request } = asDoctor(healthy());
  const facts = { github: null, account: null, record: null, buckets: [] };
  const checks = diagnose(facts, { ...request, github: null });
  expect(checks.map(({ code }) => code).toSorted()).toEqual([...CHECK_CODES].toSorted());
  for (const { status, fix } of checks) {
    expect(status).toBe('not-checked');
    expect(fix).toMatch(/^add --/);
  }
});

test('what was accepted stays in the list, and no longer fails', () => {
  const state = healthy();
  Object.assign(state.github, { workflowPermissions: unreadable() });
  const { facts, request } = asDoctor(state);
  const checks = diagnose(facts, request);
  expect(buildReport(checks, []).ready).toBe(false);
  expect(buildReport(checks, ['ACTIONS_PULL_REQUESTS']).ready).toBe(false);
  const report = buildReport(checks, ['ACTIONS_PULL_REQUESTS', 'ACTIONS_DEFAULT_PERMISSIONS']);
  expect(report.ready).toBe(true);
  expect(report.counts.unreadable).toBe(2);
});
