import type { GitHubClient } from '../github/client.ts';
import type { Stage } from '../review/stage.ts';
import { findReviewers } from './find-reviewers.ts';

/** Where the environment of the next job is known and can be read, the comment names who is asked. */
export async function askForApproval(
  suspended: Extract<Stage, { stage: 'suspended' }>,
  client: GitHubClient,
): Promise<Stage> {
  const { environment } = suspended;
  const reviewers = environment === null ? null : await findReviewers(client, environment);
  if (environment === null || reviewers === null) return suspended;
  return { ...suspended, stage: 'waiting', environment, reviewers };
}
