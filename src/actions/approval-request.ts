import type { ProofRequest } from '../approve/request.ts';
import { RunbookError } from '../errors.ts';
import type { WorkflowRun } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { START_JOBS } from './contract/start-jobs.ts';
import type { ActionInputs } from './inputs.ts';
import { folderOf } from './plan-files.ts';

/**
 * What the proof is asked to prove, from the inputs of `start-jobs`.
 * @param plan of the record, whose digest was computed from the files that will run
 * @param file that is approved, in the folder of the rollback
 * @throws RunbookError INVALID_OPTION, APPROVAL_DIGEST_CHANGED where `plan-digest` is another one
 */
export function readProofRequest(
  inputs: ActionInputs<typeof START_JOBS>,
  plan: Pick<RollbackPlan, 'rollbackId' | 'digest'>,
  run: WorkflowRun,
  now: Date,
  file: 'plan.json' | 'set.json' = 'plan.json',
): ProofRequest {
  const { rollbackId, digest } = plan;
  const all = { repository: run.repository, runId: run.runId, rollbackId, digest, now };
  const given = inputs.text('plan-digest');
  if (given !== null) assertShown(given, digest);
  const kind = inputs.text('approval');
  if (kind === 'none') return { kind, ...all };
  const pullNumber = inputs.number('pull-request');
  const author = inputs.text('comment-author') ?? '';
  const comment = pullNumber === null ? null : { where: 'comment' as const, pullNumber, author };
  if (kind === 'code-owner-review') {
    const commit = inputs.text('commit');
    if (comment === null || commit === null) {
      throw missing('"pull-request" and "commit"', 'a review of a code owner is a review of a pull request');
    }
    return { kind, ...all, shown: comment, commit, planPath: `${folderOf(plan)}/${file}` };
  }
  if (comment === null && given === null) {
    throw missing('"pull-request" or "plan-digest"', 'nothing tells which plan the reviewers were shown');
  }
  return {
    kind: 'environment',
    ...all,
    environment: inputs.text('environment') ?? '',
    adminBypass: inputs.text('admin-bypass') === 'accept' ? 'accept' : 'refuse',
    shown: comment ?? { where: 'summary', digest: given ?? '' },
  };
}

/**
 * Holds the plan of a record against the digest of the one that was shown.
 * @throws RunbookError APPROVAL_DIGEST_CHANGED
 */
export function assertShown(given: string, digest: string): void {
  if (given === digest) return;
  throw new RunbookError(
    'APPROVAL_DIGEST_CHANGED',
    `The plan of the record is ${digest}, the one that was shown ${given}.`,
    { hint: 'someone changed the record after the review: plan again, and have the new plan approved' },
  );
}

function missing(names: string, why: string): RunbookError {
  return new RunbookError('INVALID_OPTION', `The input ${names} is missing: ${why}.`, {
    hint: 'pass on the outputs of the action plan of this run',
  });
}
