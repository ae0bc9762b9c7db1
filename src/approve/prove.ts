import { RunbookError } from '../errors.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { Approval, ApprovalCheck, Finding } from './approval-file.ts';
import type { ReviewCalls } from './calls.ts';
import { proveByReview } from './code-owner-review.ts';
import { proveByEnvironment } from './environment-gate.ts';
import type { Run } from './github-answers.ts';
import type { Note, ProofRequest } from './request.ts';
import { checkRun, readRun } from './starter.ts';

export type Decision =
  | { decision: 'approved'; approval: Approval }
  /** `checks`: what was found before the check that refused. */
  | { decision: 'refused'; error: RunbookError; checks: ApprovalCheck[] };

/** Shown wherever a plan starts without approval: in the log, in the comment and in approval.json. */
export const NO_APPROVAL_WARNING =
  'NOBODY APPROVED THIS: approval is switched off (approval: none). Use it for sandboxes only.';

/**
 * Proves that a plan was approved, or says why not. It fails closed: whatever cannot be read, is missing or allows a
 * second reading is a refusal with its own code.
 */
export async function proveApproval(request: ProofRequest, calls: ReviewCalls): Promise<Decision> {
  const checks: ApprovalCheck[] = [];
  const note: Note = (check, found) => checks.push({ check, found });
  try {
    const { run, finding } = await prove(request, calls, note);
    const startedBy = run.triggering_actor;
    return {
      decision: 'approved',
      approval: {
        schemaVersion: 1,
        rollbackId: request.rollbackId,
        digest: request.digest,
        repository: request.repository,
        run: {
          id: run.id,
          attempt: run.run_attempt,
          url: run.html_url,
          event: run.event,
          startedBy: { login: startedBy.login, id: startedBy.id },
        },
        ...finding,
        provedAt: formatInstant(request.now),
        checks,
      },
    };
  } catch (error) {
    if (error instanceof RunbookError) return { decision: 'refused', error, checks };
    throw error;
  }
}

async function prove(
  request: ProofRequest,
  calls: ReviewCalls,
  note: Note,
): Promise<{ run: Run; finding: Finding }> {
  if (request.kind === 'none') {
    const run = await readRun(request.runId, calls);
    note('Approval', NO_APPROVAL_WARNING);
    return { run, finding: NOBODY };
  }
  const run = await checkRun(request, calls, note);
  const finding =
    request.kind === 'environment'
      ? await proveByEnvironment(request, run, calls, note)
      : await proveByReview(request, run, calls, note);
  return { run, finding };
}

const NOBODY: Finding = {
  kind: 'none',
  environment: null,
  approver: null,
  remark: null,
  commentUrl: null,
  review: null,
  timeEvidence: null,
};
