import type { ReviewCalls } from '../../src/approve/calls.ts';
import type { CodeOwnerRequest, EnvironmentRequest } from '../../src/approve/request.ts';
import { RunbookError } from '../../src/errors.ts';
import { formatMarker } from '../../src/review/marker.ts';

/** A repository on the day of a rollback, as GitHub's answers tell it. A test changes what it is about. */

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;
export const RUN = 777;
export const COMMIT = 'c0ffee'.repeat(6).slice(0, 40);
export const BOT = { id: 41898282, login: 'github-actions[bot]', type: 'Bot' };
export const ALICE = { id: 1, login: 'alice', type: 'User' };
export const BOB = { id: 2, login: 'bob', type: 'User' };
export const CAROL = { id: 3, login: 'carol', type: 'User' };
export const REPOSITORY = 'acme/data';

export function comment(
  overrides: { user?: typeof ALICE; digest?: string; run?: number; body?: string } = {},
) {
  const marker = formatMarker({
    v: 1,
    rollbackId: 'rb-1',
    digest: overrides.digest ?? DIGEST,
    run: overrides.run ?? RUN,
    stage: 'waiting',
  });
  return {
    id: 55,
    html_url: 'https://github.com/acme/data/pull/12#issuecomment-55',
    body: overrides.body ?? `${marker}\n## Roll back`,
    user: overrides.user ?? BOT,
  };
}

export function review(
  overrides: Partial<{ user: typeof ALICE; state: string; commit_id: string; submitted_at: string }> = {},
) {
  return {
    id: 9,
    state: 'APPROVED',
    html_url: 'https://github.com/acme/data/pull/12#pullrequestreview-9',
    commit_id: COMMIT,
    submitted_at: '2026-01-02T03:04:05Z',
    user: BOB,
    ...overrides,
  };
}

export function approvalOfRun(
  overrides: { user?: typeof ALICE; state?: string; environments?: { id: number; name: string }[] } = {},
) {
  return {
    state: 'approved',
    comment: 'fine',
    user: BOB,
    environments: [{ id: 900, name: 'rollback' }],
    ...overrides,
  };
}

/** Answers by call. A RunbookError stands for the status that made the adapter throw it. */
export function buildSituation() {
  return {
    environment: {
      id: 900,
      name: 'rollback',
      can_admins_bypass: false,
      protection_rules: [
        { id: 1, type: 'wait_timer', wait_timer: 5 },
        {
          id: 2,
          type: 'required_reviewers',
          prevent_self_review: true,
          reviewers: [
            { type: 'User', reviewer: BOB },
            { type: 'Team', reviewer: { id: 70, slug: 'storage', name: 'Storage' } },
          ],
        },
      ],
    } as unknown,
    run: {
      id: RUN,
      run_attempt: 1,
      event: 'workflow_dispatch',
      html_url: `https://github.com/${REPOSITORY}/actions/runs/${RUN}`,
      actor: ALICE,
      triggering_actor: ALICE,
      repository: { full_name: REPOSITORY },
    } as Record<string, unknown>,
    /** Another run, the one that made the plan, for the review of a pull request. */
    planRun: null as Record<string, unknown> | null,
    reviewsOfRun: [approvalOfRun()] as unknown,
    members: ['storage/carol'] as string[],
    membership: null as unknown,
    comments: [comment()] as unknown,
    deployments: [
      {
        state: 'in_progress',
        created_at: '2026-01-02T03:20:00Z',
        log_url: `https://github.com/${REPOSITORY}/actions/runs/${RUN}/job/5`,
      },
      {
        state: 'waiting',
        created_at: '2026-01-02T03:04:00Z',
        log_url: `https://github.com/${REPOSITORY}/actions/runs/${RUN}/job/5`,
      },
      {
        state: 'waiting',
        created_at: '2026-01-01T03:04:00Z',
        log_url: `https://github.com/${REPOSITORY}/actions/runs/1/job/2`,
      },
    ] as unknown,
    pull: {
      number: 12,
      state: 'open',
      user: BOT,
      head: { sha: COMMIT, repo: { full_name: REPOSITORY } },
      base: { ref: 'main', repo: { full_name: REPOSITORY } },
    } as Record<string, unknown>,
    reviews: [review()] as unknown,
    files: { '.github/CODEOWNERS': '* @dave\n/rollbacks/ @bob @acme/storage\n' } as unknown,
  };
}
export type Situation = ReturnType<typeof buildSituation>;

export function status(code: 403 | 404 | 500): RunbookError {
  const codes = { 403: 'GITHUB_DENIED', 404: 'GITHUB_NOT_FOUND', 500: 'GITHUB_FAILED' } as const;
  return new RunbookError(codes[code], `GitHub answered ${code}`, { hint: 'none' });
}

export function callsOf(situation: Situation): ReviewCalls {
  const answer = (value: unknown) => async () => {
    if (value instanceof Error) throw value;
    return value;
  };
  return {
    readEnvironment: answer(situation.environment),
    readRun: (id) => answer(id === RUN ? situation.run : (situation.planRun ?? status(404)))(),
    readReviewsOfRun: answer(situation.reviewsOfRun),
    readTeamMembership: (team, login) =>
      answer(
        situation.membership ??
          (situation.members.includes(`${team}/${login}`) ? { state: 'active' } : status(404)),
      )(),
    readComments: answer(situation.comments),
    readDeploymentStatuses: answer(situation.deployments),
    readPullRequest: answer(situation.pull),
    readReviews: answer(situation.reviews),
    readFile: (path, ref) => {
      const { files } = situation;
      if (files instanceof Error || typeof files !== 'object' || files === null) return answer(files)();
      const text = ref === 'main' ? (files as Record<string, unknown>)[path] : undefined;
      return answer(text ?? status(404))();
    },
  };
}

const BASE = {
  repository: REPOSITORY,
  runId: RUN,
  rollbackId: 'rb-1',
  digest: DIGEST,
  now: new Date('2026-01-02T03:30:00.500Z'),
};
const SHOWN = { where: 'comment' as const, pullNumber: 12, author: BOT.login };

export function environmentRequest(overrides: Partial<EnvironmentRequest> = {}): EnvironmentRequest {
  return {
    kind: 'environment',
    environment: 'rollback',
    adminBypass: 'refuse',
    shown: SHOWN,
    ...BASE,
    ...overrides,
  };
}

export function reviewRequest(overrides: Partial<CodeOwnerRequest> = {}): CodeOwnerRequest {
  return {
    kind: 'code-owner-review',
    shown: SHOWN,
    commit: COMMIT,
    planPath: 'rollbacks/rb-1/plan.json',
    ...BASE,
    ...overrides,
  };
}
