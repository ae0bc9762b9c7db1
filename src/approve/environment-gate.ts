import { RunbookError } from '../errors.ts';
import type { Approval, Finding } from './approval-file.ts';
import { checkApprover, checkIsReviewer } from './approver.ts';
import { type ApprovalCalls, readAnswer } from './calls.ts';
import {
  deploymentStatusesSchema,
  environmentSchema,
  isReviewersRule,
  type ReviewOfRun,
  type Run,
  reviewsOfRunSchema,
} from './github-answers.ts';
import type { EnvironmentRequest, Note } from './request.ts';
import { checkCommentOfRun, checkShownPlan } from './shown-plan.ts';

/**
 * Proves that a required reviewer of the environment approved this run, which showed this plan.
 * @throws RunbookError one of the codes APPROVAL_…
 */
export async function proveByEnvironment(
  request: EnvironmentRequest,
  run: Run,
  calls: ApprovalCalls,
  note: Note,
): Promise<Finding> {
  const { environment, reviewers } = await checkEnvironment(request, calls, note);
  const review = await findApproval(environment, run.id, calls, note);
  checkApprover(review.user, [run], note);
  await checkIsReviewer(review.user, reviewers, calls, note);
  const shown = await checkShownPlan(request, calls, note);
  checkCommentOfRun(shown, run.id, note);
  const timeEvidence = await readTimeEvidence(environment.name, run.id, calls);
  note(
    'Time of approval',
    timeEvidence === null
      ? 'no evidence: no statuses of a deployment for this run'
      : `between ${timeEvidence.waitingSince} and ${timeEvidence.releasedAt}`,
  );
  return {
    kind: 'environment',
    environment,
    approver: { login: review.user.login, id: review.user.id },
    remark: review.comment,
    commentUrl: shown.commentUrl,
    review: null,
    timeEvidence,
  };
}

async function checkEnvironment(
  { environment: name, adminBypass, repository }: EnvironmentRequest,
  calls: Pick<ApprovalCalls, 'readEnvironment'>,
  note: Note,
) {
  const source = { what: `Environment ${name}`, permission: 'actions: read' };
  const found = await readAnswer(
    source,
    environmentSchema,
    () => calls.readEnvironment(name),
    () =>
      new RunbookError(
        'APPROVAL_ENVIRONMENT_MISSING',
        `${repository} has no environment ${name} that can be seen.`,
        {
          hint: `Settings, Environments, "New environment": make ${name} and tick "Required reviewers"; run \`doctor\` to check it`,
        },
      ),
  );
  if (found.name.toLowerCase() !== name.toLowerCase())
    throw ambiguous(`Asked for environment ${name}, got ${found.name}.`);
  note('Environment', `${found.name} (${found.id}) exists`);
  const rules = found.protection_rules.filter(isReviewersRule);
  const [rule] = rules;
  if (rule === undefined || rule.reviewers.length === 0) {
    throw new RunbookError(
      'APPROVAL_REVIEWERS_MISSING',
      `Environment ${found.name} has no required reviewers.`,
      {
        hint: `Settings, Environments, ${found.name}: tick "Required reviewers" and name at least two people. Where the box is missing, the plan of a private repository lacks it: see "approval: code-owner-review"`,
      },
    );
  }
  if (rules.length > 1)
    throw ambiguous(`Environment ${found.name} has ${rules.length} rules for required reviewers.`);
  note(
    'Required reviewers',
    `${rule.reviewers.length}; prevent self-review is ${rule.prevent_self_review ? 'on' : 'off'}`,
  );
  if (found.can_admins_bypass && adminBypass === 'refuse') {
    throw new RunbookError(
      'APPROVAL_ADMINS_BYPASS',
      `Administrators can bypass the rules of environment ${found.name}.`,
      {
        hint: `Settings, Environments, ${found.name}: untick "Allow administrators to bypass configured protection rules"; or accept it with "admin-bypass: accept", which goes on record`,
      },
    );
  }
  note(
    'Administrators',
    found.can_admins_bypass ? 'CAN bypass the rules; accepted by an input' : 'cannot bypass the rules',
  );
  return {
    environment: {
      name: found.name,
      id: found.id,
      adminsCanBypass: found.can_admins_bypass,
      preventSelfReview: rule.prevent_self_review,
    } satisfies NonNullable<Approval['environment']>,
    reviewers: rule.reviewers,
  };
}

/** The one review of this run for this environment. A review may cover other environments besides. */
async function findApproval(
  environment: { id: number; name: string },
  runId: number,
  calls: Pick<ApprovalCalls, 'readReviewsOfRun'>,
  note: Note,
): Promise<ReviewOfRun> {
  const all = await readAnswer(
    { what: `Approvals of run ${runId}`, permission: 'actions: read' },
    reviewsOfRunSchema,
    () => calls.readReviewsOfRun(runId),
  );
  const reviews = all.filter(({ environments }) => environments.some((named) => isNamed(named, environment)));
  const rejected = reviews.find(({ state }) => state === 'rejected');
  if (rejected !== undefined) {
    throw new RunbookError('APPROVAL_REJECTED', `${rejected.user.login} rejected run ${runId}.`, {
      hint: 'settle what the reviewer wrote, then start a new run',
    });
  }
  const other = reviews.find(({ state }) => state !== 'approved');
  if (other !== undefined) throw ambiguous(`Run ${runId} has a review in the state ${other.state}.`);
  const [review] = reviews;
  if (review === undefined) {
    throw new RunbookError(
      'APPROVAL_MISSING',
      `Run ${runId} has no approval for environment ${environment.name}.`,
      {
        hint: 'on the page of the run click "Review deployments", tick the environment and click "Approve and deploy"; the job must name this environment',
      },
    );
  }
  if (reviews.length > 1) {
    throw new RunbookError(
      'APPROVAL_REPEATED',
      `Run ${runId} has ${reviews.length} approvals for environment ${environment.name}.`,
      { hint: 'name this environment in one job of the workflow only, then start a new run' },
    );
  }
  note('Approvals of this run', `one for ${environment.name}, none rejected`);
  return review;
}

/** An environment that was made anew under its old name has another ID: the two readings must agree. */
function isNamed(named: { id: number; name: string }, environment: { id: number; name: string }): boolean {
  const sameId = named.id === environment.id;
  const sameName = named.name.toLowerCase() === environment.name.toLowerCase();
  if (sameId !== sameName) {
    throw ambiguous(
      `An approval is for environment ${named.name} (${named.id}), the rules are those of ${environment.name} (${environment.id}).`,
    );
  }
  return sameId;
}

/** When the job began to wait and when it was let go, where GitHub kept it. Evidence only: nothing rests on it. */
async function readTimeEvidence(
  environment: string,
  runId: number,
  calls: Pick<ApprovalCalls, 'readDeploymentStatuses'>,
): Promise<Approval['timeEvidence']> {
  const body = await calls.readDeploymentStatuses(environment).catch(() => null);
  const statuses = deploymentStatusesSchema.safeParse(body).data ?? [];
  const ofRun = statuses
    .filter(({ log_url: url }) => url.includes(`/actions/runs/${runId}/`))
    .toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  const waiting = ofRun.find(({ state }) => state === 'waiting');
  const released = ofRun.find(({ state }) => state === 'queued' || state === 'in_progress');
  return waiting === undefined || released === undefined
    ? null
    : { waitingSince: waiting.created_at, releasedAt: released.created_at };
}

function ambiguous(message: string): RunbookError {
  return new RunbookError('APPROVAL_AMBIGUOUS', message, {
    hint: 'start a new run; where this repeats, compare Settings, Environments with the workflow file',
  });
}
