import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { Finding } from './approval-file.ts';
import { checkApprover, isTeamMember } from './approver.ts';
import { codeOf, type ReviewCalls, readAnswer } from './calls.ts';
import { CODEOWNERS_PATHS, type Owner, ownersOf } from './codeowners.ts';
import { type Account, pullSchema, type Review, type Run, reviewsSchema } from './github-answers.ts';
import type { CodeOwnerRequest, Note } from './request.ts';
import { checkShownPlan } from './shown-plan.ts';
import { checkStarter, isSameAccount, readRun } from './starter.ts';

/** States that settle a reviewer's opinion; a later COMMENTED does not take an approval back. */
const OPINIONS = ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'];
const HINT_APPROVE =
  'on the pull request, tab "Files changed", click "Review changes", choose "Approve" and submit; then start a new run';

type Opinion = Review & { user: Account };

/**
 * Proves that a code owner of the plan, who is neither its author nor started a run, approved the commit that holds
 * it. For private repositories whose GitHub plan has no required reviewers; chosen by an input, never by falling back.
 * @throws RunbookError one of the codes APPROVAL_…
 */
export async function proveByReview(
  request: CodeOwnerRequest,
  run: Run,
  calls: ReviewCalls,
  note: Note,
): Promise<Finding> {
  const { author, baseRef } = await checkPullRequest(request, calls, note);
  const shown = await checkShownPlan(request, calls, note);
  const runs = [run, ...(await runOfPlan(shown.marker?.run, run, calls))];
  const owners = await readOwners(request, baseRef, calls, note);
  const approvals = await findApprovals(request, calls, note);
  const review = await findOwnerReview(approvals, owners, request, calls);
  note('Code owner', `${review.user.login} is a code owner of ${request.planPath}`);
  if (isSameAccount(review.user, author)) {
    throw new RunbookError(
      'APPROVAL_BY_STARTER',
      `${review.user.login} opened the pull request and approved it.`,
      {
        hint: `have another code owner approve: ${HINT_APPROVE}`,
      },
    );
  }
  checkApprover(review.user, runs, note);
  return {
    kind: 'code-owner-review',
    environment: null,
    approver: { login: review.user.login, id: review.user.id },
    remark: null,
    commentUrl: shown.commentUrl,
    review: {
      pullNumber: request.shown.pullNumber,
      url: review.html_url,
      commit: request.commit,
      submittedAt: review.submitted_at,
    },
    timeEvidence: null,
  };
}

async function checkPullRequest(
  { shown, commit, repository }: CodeOwnerRequest,
  calls: ReviewCalls,
  note: Note,
) {
  const pull = await readAnswer(
    { what: `Pull request ${shown.pullNumber}`, permission: 'pull-requests: read' },
    pullSchema,
    () => calls.readPullRequest(shown.pullNumber),
  );
  const wrong =
    pull.state !== 'open'
      ? `is ${pull.state}`
      : pull.head.repo?.full_name.toLowerCase() !== repository.toLowerCase()
        ? 'comes from another repository'
        : pull.head.sha !== commit
          ? `has the head ${pull.head.sha}, the plan is of commit ${commit}`
          : null;
  if (wrong !== null) {
    throw new RunbookError('APPROVAL_PULL_REQUEST', `Pull request ${shown.pullNumber} ${wrong}.`, {
      hint: 'plan again: it opens a pull request of this repository; have its last commit approved and start before it is merged',
    });
  }
  note('Pull request', `${pull.number} is open, its head is the commit of the plan, ${commit}`);
  return { author: pull.user, baseRef: pull.base.ref };
}

/** The run that made the plan, where it is another one: its starter must not approve either. */
async function runOfPlan(planRun: number | undefined, run: Run, calls: ReviewCalls): Promise<Run[]> {
  if (planRun === undefined || planRun === run.id) return [];
  const found = await readRun(planRun, calls);
  checkStarter(found);
  return [found];
}

/** From the base branch: the branch of the pull request could name its own owners. */
async function readOwners(
  { planPath, repository }: CodeOwnerRequest,
  baseRef: string,
  calls: ReviewCalls,
  note: Note,
): Promise<Owner[]> {
  for (const path of CODEOWNERS_PATHS) {
    const text = await readAnswer(
      { what: `${path} of ${baseRef}`, permission: 'contents: read' },
      z.string().nullable(),
      () =>
        calls.readFile(path, baseRef).catch((error: unknown) => {
          if (codeOf(error) === 'GITHUB_NOT_FOUND') return null;
          throw error;
        }),
    );
    if (text === null) continue;
    const owners = ownersOf(text, planPath);
    if (owners.length === 0) break;
    note('Code owners', `${path} of ${baseRef} names ${owners.map(formatOwner).join(', ')} for ${planPath}`);
    return owners;
  }
  throw new RunbookError(
    'APPROVAL_CODEOWNERS_MISSING',
    `${repository} names no person or team as owner of ${planPath} on ${baseRef}.`,
    {
      hint: `add a line "/rollbacks/ @person @organisation/team" to .github/CODEOWNERS on ${baseRef}`,
    },
  );
}

/** The last opinion of each reviewer, if it approves the commit of the plan. */
async function findApprovals(
  { shown, commit }: CodeOwnerRequest,
  calls: ReviewCalls,
  note: Note,
): Promise<Opinion[]> {
  const reviews = await readAnswer(
    { what: `Reviews of pull request ${shown.pullNumber}`, permission: 'pull-requests: read' },
    reviewsSchema,
    () => calls.readReviews(shown.pullNumber),
  );
  const last = new Map<number, Opinion>();
  for (const review of reviews.toSorted((a, b) => Date.parse(a.submitted_at) - Date.parse(b.submitted_at))) {
    if (review.user !== null && OPINIONS.includes(review.state)) {
      last.set(review.user.id, { ...review, user: review.user });
    }
  }
  const opinions = [...last.values()];
  const against = opinions.find(({ state }) => state === 'CHANGES_REQUESTED');
  if (against !== undefined) {
    throw new RunbookError('APPROVAL_CHANGES_REQUESTED', `${against.user.login} asked for changes.`, {
      hint: 'settle what the reviewer wrote and have the review changed to "Approve", or plan again',
    });
  }
  const approvals = opinions.filter(({ state, commit_id: of }) => state === 'APPROVED' && of === commit);
  if (approvals.length > 0) {
    note('Reviews', `${approvals.length} approve commit ${commit}, none asks for changes`);
    return approvals;
  }
  const [stale] = opinions;
  throw stale === undefined
    ? new RunbookError('APPROVAL_REVIEW_MISSING', `No review approves pull request ${shown.pullNumber}.`, {
        hint: HINT_APPROVE,
      })
    : new RunbookError(
        'APPROVAL_REVIEW_STALE',
        `The review by ${stale.user.login} ${stale.state === 'DISMISSED' ? 'was dismissed' : `is of commit ${stale.commit_id}, the plan of ${commit}`}.`,
        { hint: HINT_APPROVE },
      );
}

/** The first approval by an owner. People are looked for first: teams need a token for the organisation. */
async function findOwnerReview(
  approvals: Opinion[],
  owners: Owner[],
  { planPath, repository }: CodeOwnerRequest,
  calls: ReviewCalls,
): Promise<Opinion> {
  for (const review of approvals) {
    const login = review.user.login.toLowerCase();
    if (owners.some((owner) => owner.kind === 'user' && owner.login.toLowerCase() === login)) return review;
  }
  const [organisation = ''] = repository.toLowerCase().split('/');
  for (const owner of owners) {
    if (owner.kind !== 'team' || owner.organisation.toLowerCase() !== organisation) continue;
    for (const review of approvals) {
      if (await isTeamMember(owner.team, review.user.login, calls)) return review;
    }
  }
  throw new RunbookError(
    'APPROVAL_NOT_CODE_OWNER',
    `${approvals.map(({ user }) => user.login).join(', ')} approved; owners of ${planPath} are ${owners.map(formatOwner).join(', ')}.`,
    { hint: `have a code owner approve: ${HINT_APPROVE}` },
  );
}

function formatOwner(owner: Owner): string {
  return owner.kind === 'user' ? owner.login : `${owner.organisation}/${owner.team}`;
}
