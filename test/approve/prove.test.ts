import { describe, expect, test } from 'vitest';
import { approvalSchema } from '../../src/approve/approval-file.ts';
import { NO_APPROVAL_WARNING, proveApproval } from '../../src/approve/prove.ts';
import type { ProofRequest } from '../../src/approve/request.ts';
import {
  ALICE,
  approvalOfRun,
  BOB,
  BOT,
  buildSituation,
  CAROL,
  COMMIT,
  callsOf,
  comment,
  DIGEST,
  environmentRequest,
  OTHER_DIGEST,
  review,
  reviewRequest,
  type Situation,
  status,
} from './situation.ts';

type Change = (situation: Situation) => unknown;
type Case = [situation: string, expected: string, change: Change, request?: ProofRequest];

const rule = (situation: Situation) => {
  const { protection_rules } = situation.environment as { protection_rules: Record<string, unknown>[] };
  return protection_rules[1] ?? {};
};

/** One line a situation: what is different, and what follows. */
// biome-ignore format: one line a situation
const BY_ENVIRONMENT: Case[] = [
  ['all as it should be', 'approved', () => {}],
  ['approver is in a required team', 'approved', (s) => { s.reviewsOfRun = [approvalOfRun({ user: CAROL })]; }],
  ['the approval covers another environment too', 'approved', (s) => { s.reviewsOfRun = [approvalOfRun({ environments: [{ id: 1, name: 'x' }, { id: 900, name: 'rollback' }] })]; }],
  ['another environment was approved as well', 'approved', (s) => { s.reviewsOfRun = [approvalOfRun(), approvalOfRun({ user: ALICE, environments: [{ id: 1, name: 'x' }] })]; }],
  ['self-review not prevented, yet someone else approved', 'approved', (s) => { rule(s).prevent_self_review = false; }],
  ['no statuses of a deployment', 'approved', (s) => { s.deployments = status(403); }],
  ['admins can bypass, accepted', 'approved', (s) => { Object.assign(s.environment as object, { can_admins_bypass: true }); }, environmentRequest({ adminBypass: 'accept' })],
  ['shown in the summary of the run', 'approved', (s) => { s.comments = status(403); }, environmentRequest({ shown: { where: 'summary', digest: DIGEST } })],
  ['someone else pasted the marker', 'approved', (s) => { s.comments = [comment({ user: ALICE, digest: OTHER_DIGEST }), comment()]; }],
  ['a comment without an author', 'approved', (s) => { s.comments = [{ ...comment({ digest: OTHER_DIGEST }), user: null }, comment()]; }],
  ['missing environment', 'APPROVAL_ENVIRONMENT_MISSING', (s) => { s.environment = status(404); }],
  ['environment 403', 'APPROVAL_UNREADABLE', (s) => { s.environment = status(403); }],
  ['environment 500', 'APPROVAL_UNREADABLE', (s) => { s.environment = status(500); }],
  ['environment of another name', 'APPROVAL_AMBIGUOUS', (s) => { Object.assign(s.environment as object, { name: 'other' }); }],
  ['no rules', 'APPROVAL_REVIEWERS_MISSING', (s) => { Object.assign(s.environment as object, { protection_rules: [] }); }],
  ['only a wait timer', 'APPROVAL_REVIEWERS_MISSING', (s) => { Object.assign(s.environment as object, { protection_rules: [{ type: 'wait_timer' }] }); }],
  ['no reviewers in the rule', 'APPROVAL_REVIEWERS_MISSING', (s) => { rule(s).reviewers = []; }],
  ['two rules of reviewers', 'APPROVAL_AMBIGUOUS', (s) => { Object.assign(s.environment as object, { protection_rules: [rule(s), rule(s)] }); }],
  ['rule cannot be read', 'APPROVAL_UNREADABLE', (s) => { delete rule(s).reviewers; }],
  ['reviewer of an unknown kind', 'APPROVAL_UNREADABLE', (s) => { rule(s).reviewers = [{ type: 'App', reviewer: BOB }]; }],
  ['self-review setting missing', 'APPROVAL_UNREADABLE', (s) => { delete rule(s).prevent_self_review; }],
  ['admins can bypass', 'APPROVAL_ADMINS_BYPASS', (s) => { Object.assign(s.environment as object, { can_admins_bypass: true }); }],
  ['bypass not told', 'APPROVAL_UNREADABLE', (s) => { Object.assign(s.environment as object, { can_admins_bypass: undefined }); }],
  ['run 404', 'APPROVAL_UNREADABLE', (s) => { s.run = status(404) as never; }],
  ['another run answered', 'APPROVAL_AMBIGUOUS', (s) => { s.run.id = 778; }],
  ['run of another repository', 'APPROVAL_AMBIGUOUS', (s) => { s.run.repository = { full_name: 'evil/data' }; }],
  ['rerun', 'APPROVAL_RERUN', (s) => { s.run.run_attempt = 2; }],
  ['bot as starter', 'APPROVAL_STARTER_UNKNOWN', (s) => { s.run.actor = BOT; s.run.triggering_actor = BOT; }],
  ['bot triggered the run of a person', 'APPROVAL_STARTER_UNKNOWN', (s) => { s.run.triggering_actor = BOT; }],
  ['schedule', 'APPROVAL_STARTER_UNKNOWN', (s) => { s.run.event = 'schedule'; }],
  ['approvals 403', 'APPROVAL_UNREADABLE', (s) => { s.reviewsOfRun = status(403); }],
  ['approvals 404', 'APPROVAL_UNREADABLE', (s) => { s.reviewsOfRun = status(404); }],
  ['no approval', 'APPROVAL_MISSING', (s) => { s.reviewsOfRun = []; }],
  ['other environment', 'APPROVAL_MISSING', (s) => { s.reviewsOfRun = [approvalOfRun({ environments: [{ id: 1, name: 'x' }] })]; }],
  ['environment made anew', 'APPROVAL_AMBIGUOUS', (s) => { s.reviewsOfRun = [approvalOfRun({ environments: [{ id: 899, name: 'rollback' }] })]; }],
  ['environment renamed', 'APPROVAL_AMBIGUOUS', (s) => { s.reviewsOfRun = [approvalOfRun({ environments: [{ id: 900, name: 'x' }] })]; }],
  ['approval names no environment', 'APPROVAL_UNREADABLE', (s) => { s.reviewsOfRun = [approvalOfRun({ environments: [] })]; }],
  ['second approval', 'APPROVAL_REPEATED', (s) => { s.reviewsOfRun = [approvalOfRun(), approvalOfRun({ user: CAROL })]; }],
  ['rejected', 'APPROVAL_REJECTED', (s) => { s.reviewsOfRun = [approvalOfRun({ state: 'rejected' })]; }],
  ['rejected and approved', 'APPROVAL_REJECTED', (s) => { s.reviewsOfRun = [approvalOfRun(), approvalOfRun({ state: 'rejected', user: CAROL })]; }],
  ['pending', 'APPROVAL_AMBIGUOUS', (s) => { s.reviewsOfRun = [approvalOfRun({ state: 'pending' })]; }],
  ['self-approval', 'APPROVAL_BY_STARTER', (s) => { s.run.actor = BOB; s.run.triggering_actor = BOB; }],
  ['self-approval by who triggered the run', 'APPROVAL_BY_STARTER', (s) => { s.run.triggering_actor = BOB; }],
  ['self-approval under a new name', 'APPROVAL_BY_STARTER', (s) => { s.run.actor = { ...BOB, login: 'robert' }; s.run.triggering_actor = ALICE; }],
  ['self-approval, other capitals', 'APPROVAL_BY_STARTER', (s) => { s.run.actor = { ...BOB, id: 22, login: 'Bob' }; s.run.triggering_actor = ALICE; }],
  ['bot as approver', 'APPROVAL_BY_BOT', (s) => { s.reviewsOfRun = [approvalOfRun({ user: BOT })]; }],
  ['bypass by an admin who is no reviewer', 'APPROVAL_TEAM_UNREADABLE', (s) => { s.reviewsOfRun = [approvalOfRun({ user: { ...CAROL, id: 8, login: 'root' } })]; }],
  ['no teams, and the approver is no reviewer', 'APPROVAL_NOT_REVIEWER', (s) => { rule(s).reviewers = [{ type: 'User', reviewer: BOB }]; s.reviewsOfRun = [approvalOfRun({ user: CAROL })]; }],
  ['a reviewer of that login with another ID', 'APPROVAL_TEAM_UNREADABLE', (s) => { s.reviewsOfRun = [approvalOfRun({ user: { ...BOB, id: 99 } })]; }],
  ['invited to the team only', 'APPROVAL_NOT_REVIEWER', (s) => { s.membership = { state: 'pending' }; s.reviewsOfRun = [approvalOfRun({ user: CAROL })]; }],
  ['team 403', 'APPROVAL_TEAM_UNREADABLE', (s) => { s.membership = status(403); s.reviewsOfRun = [approvalOfRun({ user: CAROL })]; }],
  ['team 500', 'APPROVAL_UNREADABLE', (s) => { s.membership = status(500); s.reviewsOfRun = [approvalOfRun({ user: CAROL })]; }],
  ['comments 403', 'APPROVAL_UNREADABLE', (s) => { s.comments = status(403); }],
  ['comments 404', 'APPROVAL_UNREADABLE', (s) => { s.comments = status(404); }],
  ['no comment', 'APPROVAL_COMMENT_MISSING', (s) => { s.comments = []; }],
  ['the marker stands on the second line', 'APPROVAL_COMMENT_MISSING', (s) => { s.comments = [comment({ body: `hello\n${comment().body}` })]; }],
  ['only someone else pasted the marker', 'APPROVAL_COMMENT_MISSING', (s) => { s.comments = [comment({ user: ALICE })]; }],
  ['two comments of ours', 'APPROVAL_COMMENT_REPEATED', (s) => { s.comments = [comment(), comment()]; }],
  ['comment of another run', 'APPROVAL_COMMENT_FOREIGN', (s) => { s.comments = [comment({ run: 1 })]; }],
  ['changed digest', 'APPROVAL_DIGEST_CHANGED', (s) => { s.comments = [comment({ digest: OTHER_DIGEST })]; }],
  ['changed digest in the summary', 'APPROVAL_DIGEST_CHANGED', () => {}, environmentRequest({ shown: { where: 'summary', digest: OTHER_DIGEST } })],
];

// biome-ignore format: one line a situation
const BY_REVIEW: Case[] = [
  ['a code owner approved', 'approved', () => {}],
  ['a team of code owners', 'approved', (s) => { s.reviews = [review({ user: CAROL })]; }],
  ['another run made the plan', 'approved', (s) => { s.comments = [comment({ run: 700 })]; s.planRun = { ...s.run, id: 700 }; }],
  ['changes asked for, then approved', 'approved', (s) => { s.reviews = [review({ submitted_at: '2026-01-02T03:05:05Z' }), review({ state: 'CHANGES_REQUESTED' })]; }],
  ['approved, then commented', 'approved', (s) => { s.reviews = [review(), review({ state: 'COMMENTED', submitted_at: '2026-01-02T03:05:05Z' })]; }],
  ['pull request 404', 'APPROVAL_UNREADABLE', (s) => { s.pull = status(404) as never; }],
  ['pull request closed', 'APPROVAL_PULL_REQUEST', (s) => { s.pull.state = 'closed'; }],
  ['from a fork', 'APPROVAL_PULL_REQUEST', (s) => { s.pull.head = { sha: COMMIT, repo: { full_name: 'evil/data' } }; }],
  ['fork is gone', 'APPROVAL_PULL_REQUEST', (s) => { s.pull.head = { sha: COMMIT, repo: null }; }],
  ['head moved', 'APPROVAL_PULL_REQUEST', (s) => { s.pull.head = { sha: 'd'.repeat(40), repo: { full_name: 'acme/data' } }; }],
  ['no review', 'APPROVAL_REVIEW_MISSING', (s) => { s.reviews = []; }],
  ['only a comment', 'APPROVAL_REVIEW_MISSING', (s) => { s.reviews = [review({ state: 'COMMENTED' })]; }],
  ['reviews 403', 'APPROVAL_UNREADABLE', (s) => { s.reviews = status(403); }],
  ['dismissed', 'APPROVAL_REVIEW_STALE', (s) => { s.reviews = [review({ state: 'DISMISSED' })]; }],
  ['older commit', 'APPROVAL_REVIEW_STALE', (s) => { s.reviews = [review({ commit_id: 'e'.repeat(40) })]; }],
  ['changes requested', 'APPROVAL_CHANGES_REQUESTED', (s) => { s.reviews = [review(), review({ user: CAROL, state: 'CHANGES_REQUESTED' })]; }],
  ['not a code owner', 'APPROVAL_TEAM_UNREADABLE', (s) => { s.reviews = [review({ user: { ...CAROL, id: 8, login: 'root' } })]; }],
  ['not a code owner, no teams', 'APPROVAL_NOT_CODE_OWNER', (s) => { s.reviews = [review({ user: CAROL })]; s.files = { CODEOWNERS: '* @bob' }; }],
  ['a team of another organisation', 'APPROVAL_NOT_CODE_OWNER', (s) => { s.reviews = [review({ user: CAROL })]; s.files = { CODEOWNERS: '* @evil/storage' }; }],
  ['no CODEOWNERS', 'APPROVAL_CODEOWNERS_MISSING', (s) => { s.files = {}; }],
  ['no owner of the plan', 'APPROVAL_CODEOWNERS_MISSING', (s) => { s.files = { CODEOWNERS: '/src/ @bob' }; }],
  ['CODEOWNERS 403', 'APPROVAL_UNREADABLE', (s) => { s.files = status(403); }],
  ['a second CODEOWNERS does not count', 'APPROVAL_CODEOWNERS_MISSING', (s) => { s.files = { '.github/CODEOWNERS': '', CODEOWNERS: '* @bob' }; }],
  ['the author of the pull request approved', 'APPROVAL_BY_STARTER', (s) => { s.pull.user = BOB; }],
  ['who started this run approved', 'APPROVAL_BY_STARTER', (s) => { s.run.actor = BOB; s.run.triggering_actor = BOB; }],
  ['who started the run of the plan approved', 'APPROVAL_BY_STARTER', (s) => { s.comments = [comment({ run: 700 })]; s.planRun = { ...s.run, id: 700, actor: BOB, triggering_actor: BOB }; }],
  ['a bot made the plan', 'APPROVAL_STARTER_UNKNOWN', (s) => { s.comments = [comment({ run: 700 })]; s.planRun = { ...s.run, id: 700, event: 'schedule' }; }],
  ['the run of the plan is gone', 'APPROVAL_UNREADABLE', (s) => { s.comments = [comment({ run: 700 })]; }],
  ['rerun', 'APPROVAL_RERUN', (s) => { s.run.run_attempt = 3; }],
  ['changed digest', 'APPROVAL_DIGEST_CHANGED', (s) => { s.comments = [comment({ digest: OTHER_DIGEST })]; }],
];

async function decide(change: Change, request: ProofRequest) {
  const situation = buildSituation();
  change(situation);
  return proveApproval(request, callsOf(situation));
}

describe.each([
  ['environment', BY_ENVIRONMENT, environmentRequest()],
  ['code-owner-review', BY_REVIEW, reviewRequest()],
] as const)('approval: %s', (kind, cases, usual) => {
  test.each(cases)('%s: %s', async (_, expected, change, request) => {
    const decision = await decide(change, request ?? usual);
    if (decision.decision === 'approved') {
      expect(expected).toBe('approved');
      expect(approvalSchema.parse(decision.approval).kind).toBe(kind);
      expect(decision.approval.approver?.login).toMatch(/^(bob|carol)$/);
    } else {
      expect(decision.error.code).toBe(expected);
      expect(decision.error.hint).not.toBe('');
    }
  });
});

test('approval.json says who, what, where and how', async () => {
  const decision = await decide(() => {}, environmentRequest());
  await expect(`${JSON.stringify(decision, null, 2)}\n`).toMatchFileSnapshot(
    '../golden/approval-environment.json',
  );
  const byReview = await decide(() => {}, reviewRequest());
  await expect(`${JSON.stringify(byReview, null, 2)}\n`).toMatchFileSnapshot(
    '../golden/approval-review.json',
  );
});

test('a refusal keeps what was checked before it', async () => {
  const decision = await decide((s) => {
    s.reviewsOfRun = [];
  }, environmentRequest());
  expect(decision).toMatchObject({ decision: 'refused', error: { code: 'APPROVAL_MISSING' } });
  expect('checks' in decision && decision.checks.map(({ check }) => check)).toEqual([
    'Run',
    'Attempt',
    'Started by',
    'Environment',
    'Required reviewers',
    'Administrators',
  ]);
});

test('approval: none is loud, and names nobody', async () => {
  const situation = buildSituation();
  const { kind: _, environment: _e, adminBypass: _a, shown: _s, ...base } = environmentRequest();
  const decision = await proveApproval({ ...base, kind: 'none' }, callsOf(situation));
  expect(decision).toMatchObject({
    decision: 'approved',
    approval: {
      kind: 'none',
      approver: null,
      checks: [{ check: 'Approval', found: NO_APPROVAL_WARNING }],
    },
  });
});
