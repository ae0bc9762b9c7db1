import { describe, expect, test } from 'vitest';
import { ACTIONS_BOT } from '../../sandbox/github/state.ts';
import { proveApproval } from '../../src/approve/prove.ts';
import type { EnvironmentRequest } from '../../src/approve/request.ts';
import { openApprovalAnswers } from '../../src/github/approval-answers.ts';
import { readOidcSubject } from '../../src/github/oidc-subject.ts';
import { openPullRequest } from '../../src/github/pull-request.ts';
import { writeStickyComment } from '../../src/github/sticky-comment.ts';
import { formatMarker } from '../../src/review/marker.ts';
import { ALL, REPOSITORY, useDouble } from './double.ts';

const github = useDouble();
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Plan, pull request and comment, up to the job that waits for its environment. */
async function reachGate(starter = 'alice') {
  const { double, repository } = github;
  const { state } = double;
  state.teams.set('acme/storage', new Set(['carol']));
  const environment = state.addEnvironment(repository, 'rollback', {
    canAdminsBypass: false,
    preventSelfReview: true,
    reviewers: [
      { type: 'User', reviewer: state.account('bob') },
      { type: 'Team', reviewer: { id: 70, slug: 'storage' } },
    ],
  });
  repository.commit('main', new Map([['.github/CODEOWNERS', '/rollbacks/ @bob @acme/storage\n']]), 'owners');
  const run = state.startRun(repository, starter);
  const pull = await openPullRequest(github.client(), {
    branch: 's3-rewind/rb-1',
    title: 'Roll back',
    body: 'A plan',
    message: 'Plan',
    files: new Map([['rollbacks/rb-1/plan.json', '{}']]),
  });
  await writeStickyComment(github.client(), {
    pullNumber: pull.number,
    author: ACTIONS_BOT.login,
    body: `${formatMarker({ v: 1, rollbackId: 'rb-1', digest: DIGEST, run: run.id })}\nPlan`,
    isSame: () => false,
    isOutdated: () => false,
    whole: '',
  });
  state.reachEnvironment(repository, run, 'rollback');
  const shown = { where: 'comment' as const, pullNumber: pull.number, author: ACTIONS_BOT.login };
  const base = { repository: REPOSITORY, runId: run.id, rollbackId: 'rb-1', digest: DIGEST, now: new Date() };
  const request: EnvironmentRequest = {
    kind: 'environment',
    environment: 'rollback',
    adminBypass: 'refuse',
    shown,
    ...base,
  };
  return { run, pull, environment, request, base, shown };
}

const prove = (request: Parameters<typeof proveApproval>[0], token?: string) =>
  proveApproval(request, openApprovalAnswers(github.client(token)));

describe('by an environment', () => {
  test('refused before anyone approved, approved after a reviewer did', async () => {
    const { run, request } = await reachGate();
    expect(await prove(request)).toMatchObject({ decision: 'refused', error: { code: 'APPROVAL_MISSING' } });
    github.double.state.reviewDeployment(github.repository, run, {
      by: 'bob',
      environment: 'rollback',
      comment: 'ok',
    });
    expect(await prove(request)).toMatchObject({
      decision: 'approved',
      approval: {
        approver: { login: 'bob' },
        remark: 'ok',
        timeEvidence: { waitingSince: expect.any(String), releasedAt: expect.any(String) },
      },
    });
  });

  test('over HTTP, as a person with a token does it', async () => {
    const { run, request, environment } = await reachGate();
    const answer = await fetch(
      `${github.double.url}/repos/${REPOSITORY}/actions/runs/${run.id}/pending_deployments`,
      {
        method: 'POST',
        headers: { authorization: 'Bearer token-of-bob' },
        body: JSON.stringify({ environment_ids: [environment.id], state: 'approved', comment: '' }),
      },
    );
    expect(answer.status).toBe(200);
    expect((await prove(request)).decision).toBe('approved');
  });

  test('GitHub itself lets neither a stranger nor the starter approve', async () => {
    const { run } = await reachGate('bob');
    const approve = (by: string) => () =>
      github.double.state.reviewDeployment(github.repository, run, { by, environment: 'rollback' });
    expect(approve('alice')).toThrow('Resource not accessible');
    expect(approve('bob')).toThrow('cannot approve your own');
  });

  test('a member of a team: refused with the token of a job, proved with one that reads members', async () => {
    const { run, request } = await reachGate();
    github.double.state.reviewDeployment(github.repository, run, { by: 'carol', environment: 'rollback' });
    expect(await prove(request)).toMatchObject({ error: { code: 'APPROVAL_TEAM_UNREADABLE' } });
    github.double.state.addWorkflowToken('app', { ...ALL, members: 'read' });
    expect(await prove(request, 'app')).toMatchObject({ approval: { approver: { login: 'carol' } } });
  });

  test('an administrator who bypassed is no reviewer', async () => {
    const { run, request, environment } = await reachGate();
    environment.canAdminsBypass = true;
    github.repository.admins.add('alice');
    github.double.state.reviewDeployment(github.repository, run, {
      by: 'alice',
      environment: 'rollback',
      bypass: true,
    });
    expect(await prove(request)).toMatchObject({ error: { code: 'APPROVAL_ADMINS_BYPASS' } });
    expect(await prove({ ...request, adminBypass: 'accept' })).toMatchObject({
      error: { code: 'APPROVAL_BY_STARTER' },
    });
  });

  test('an environment that GitHub made on the way has no reviewers', async () => {
    const { run, request } = await reachGate();
    github.double.state.reachEnvironment(github.repository, run, 'rolback');
    expect(await prove({ ...request, environment: 'rolback' })).toMatchObject({
      error: { code: 'APPROVAL_REVIEWERS_MISSING' },
    });
  });

  test.each(['actions', 'pull-requests'])('refused without the permission %s', async (missing) => {
    const { run, request } = await reachGate();
    github.double.state.reviewDeployment(github.repository, run, { by: 'bob', environment: 'rollback' });
    github.double.state.addWorkflowToken(
      'weak',
      Object.fromEntries(Object.entries(ALL).filter(([name]) => name !== missing)),
    );
    expect(await prove(request, 'weak')).toMatchObject({
      decision: 'refused',
      error: { code: 'APPROVAL_UNREADABLE', hint: expect.stringContaining(missing) },
    });
  });
});

describe('by a review of a code owner', () => {
  test('refused before, approved after, refused once it is dismissed', async () => {
    const { base, shown, pull } = await reachGate();
    const request = {
      kind: 'code-owner-review' as const,
      shown,
      commit: pull.commit,
      planPath: 'rollbacks/rb-1/plan.json',
      ...base,
    };
    expect(await prove(request)).toMatchObject({ error: { code: 'APPROVAL_REVIEW_MISSING' } });
    github.double.state.reviewPullRequest(github.repository, pull.number, 'bob', 'APPROVED');
    expect(await prove(request)).toMatchObject({ approval: { approver: { login: 'bob' } } });
    const [review] = github.repository.reviews;
    if (review !== undefined) review.state = 'DISMISSED';
    expect(await prove(request)).toMatchObject({ error: { code: 'APPROVAL_REVIEW_STALE' } });
  });
});

test('the form of the OIDC subject', async () => {
  expect(await readOidcSubject(github.client())).toEqual({
    usesDefault: true,
    claims: [],
    immutable: false,
    prefix: 'repo:acme/data',
  });
});
