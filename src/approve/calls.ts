import type { z } from 'zod';
import { type ErrorCode, RunbookError } from '../errors.ts';

/**
 * The calls of GitHub that the proof needs. Each answers with the body as GitHub sent it (every page of it), or throws
 * RunbookError `GITHUB_NOT_FOUND`, `GITHUB_DENIED` or another code. The stage reads the bodies itself.
 */
export type ApprovalCalls = {
  readEnvironment(name: string): Promise<unknown>;
  readRun(runId: number): Promise<unknown>;
  readReviewsOfRun(runId: number): Promise<unknown>;
  readTeamMembership(team: string, login: string): Promise<unknown>;
  readComments(pullNumber: number): Promise<unknown>;
  /** Statuses of the deployments that the runs of a commit made to an environment; only evidence, never decisive. */
  readDeploymentStatuses(environment: string): Promise<unknown>;
};

/** What `approval: code-owner-review` needs besides. */
export type ReviewCalls = ApprovalCalls & {
  readPullRequest(pullNumber: number): Promise<unknown>;
  readReviews(pullNumber: number): Promise<unknown>;
  /** Text of a file at a branch. */
  readFile(path: string, ref: string): Promise<unknown>;
};

/** Permissions of the workflow's token that a call needs, for the hint. */
export type Source = { what: string; permission: string };

/**
 * Reads one answer, or refuses. A 404 may be read as "there is none" only where the caller says what follows.
 * @throws RunbookError APPROVAL_UNREADABLE
 */
export async function readAnswer<S extends z.ZodType>(
  source: Source,
  schema: S,
  call: () => Promise<unknown>,
  onNotFound?: () => RunbookError,
): Promise<z.output<S>> {
  let body: unknown;
  try {
    body = await call();
  } catch (cause) {
    if (onNotFound !== undefined && codeOf(cause) === 'GITHUB_NOT_FOUND') throw onNotFound();
    throw unreadable(source, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw unreadable(source, `the answer lacks ${issue?.path.join('.') || 'what is expected'}`, read.error);
}

/** The code of a RunbookError, or null for anything else. */
export function codeOf(error: unknown): ErrorCode | null {
  return error instanceof RunbookError ? error.code : null;
}

function unreadable({ what, permission }: Source, why: string, cause: unknown): RunbookError {
  return new RunbookError('APPROVAL_UNREADABLE', `${what} cannot be read: ${why}`, {
    hint: `give the job \`permissions: ${permission}\` in the workflow, then start a new run`,
    cause,
  });
}
