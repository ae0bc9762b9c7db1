import { RunbookError } from '../errors.ts';
import type { ApprovalCalls } from './calls.ts';
import { codeOf, readAnswer } from './calls.ts';
import { type Account, membershipSchema, type Reviewer, type Run } from './github-answers.ts';
import type { Note } from './request.ts';
import { isBot, isSameAccount, startersOf } from './starter.ts';

/**
 * Makes sure that a person approved, and not the one who started a run.
 * @throws RunbookError APPROVAL_BY_BOT, APPROVAL_BY_STARTER
 */
export function checkApprover(approver: Account, runs: readonly Run[], note: Note): void {
  if (isBot(approver)) {
    throw new RunbookError(
      'APPROVAL_BY_BOT',
      `${approver.login} approved, an account of type ${approver.type}.`,
      {
        hint: 'start a new run and have a person among the required reviewers approve it',
      },
    );
  }
  const started = runs.find((run) => startersOf(run).some((starter) => isSameAccount(starter, approver)));
  if (started !== undefined) {
    throw new RunbookError(
      'APPROVAL_BY_STARTER',
      `${approver.login} started run ${started.id} and approved it too.`,
      {
        hint: 'start a new run and have someone else approve it; in Settings, Environments tick "Prevent self-review"',
      },
    );
  }
  note('Approved by', `${approver.login} (${approver.id}), who did not start it`);
}

/**
 * Looks for the approver among the required reviewers, people first: whether someone is in a team can be read only
 * with a token for the organisation.
 * @throws RunbookError APPROVAL_NOT_REVIEWER, APPROVAL_TEAM_UNREADABLE, APPROVAL_UNREADABLE
 */
export async function checkIsReviewer(
  approver: Account,
  reviewers: readonly Reviewer[],
  calls: Pick<ApprovalCalls, 'readTeamMembership'>,
  note: Note,
): Promise<void> {
  if (reviewers.some(({ type, reviewer }) => type === 'User' && reviewer.id === approver.id)) {
    note('Reviewer', `${approver.login} is a required reviewer`);
    return;
  }
  for (const { type, reviewer } of reviewers) {
    if (type !== 'Team') continue;
    if (await isTeamMember(reviewer.slug, approver.login, calls)) {
      note('Reviewer', `${approver.login} is in the required team ${reviewer.slug}`);
      return;
    }
  }
  throw new RunbookError('APPROVAL_NOT_REVIEWER', `${approver.login} is not among the required reviewers.`, {
    hint: 'Settings, Environments: add the person under "Required reviewers", untick "Allow administrators to bypass configured protection rules"; then start a new run',
  });
}

/**
 * Whether a person is in a team of the repository's organisation. A 404 says "not a member" only to a token that may
 * see the team, so the team itself is not told apart from the member: neither 404 nor 403 ever counts as membership.
 * @throws RunbookError APPROVAL_TEAM_UNREADABLE, APPROVAL_UNREADABLE
 */
export async function isTeamMember(
  team: string,
  login: string,
  calls: Pick<ApprovalCalls, 'readTeamMembership'>,
): Promise<boolean> {
  const source = { what: `Membership of ${login} in the team ${team}`, permission: 'members: read' };
  try {
    const { state } = await readAnswer(source, membershipSchema, () => calls.readTeamMembership(team, login));
    return state === 'active';
  } catch (error) {
    const cause = error instanceof Error ? codeOf(error.cause) : null;
    if (cause === 'GITHUB_NOT_FOUND' || cause === 'GITHUB_DENIED') {
      throw new RunbookError(
        'APPROVAL_TEAM_UNREADABLE',
        `Whether ${login} is in the team ${team} cannot be read: the token of a workflow cannot read teams, or ${login} is not a member.`,
        {
          hint: 'Settings, Environments: name the person as a required reviewer, besides the team; or pass a token with the organisation permission "Members: read"',
          cause: error,
        },
      );
    }
    throw error;
  }
}
