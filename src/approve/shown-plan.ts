import { RunbookError } from '../errors.ts';
import { type Marker, parseMarker } from '../review/marker.ts';
import { type ApprovalCalls, readAnswer } from './calls.ts';
import { commentsSchema } from './github-answers.ts';
import type { Note, Shown } from './request.ts';

export type ShownPlan = { commentUrl: string | null; marker: Marker | null };

/**
 * Finds what was shown to the reviewer, and makes sure that it is the plan that is about to start. A comment counts
 * only when our account wrote it and its first line is our marker: anyone may paste the marker.
 * @throws RunbookError APPROVAL_COMMENT_MISSING, APPROVAL_COMMENT_REPEATED, APPROVAL_DIGEST_CHANGED,
 *   APPROVAL_UNREADABLE
 */
export async function checkShownPlan(
  request: { shown: Shown; rollbackId: string; digest: string },
  calls: Pick<ApprovalCalls, 'readComments'>,
  note: Note,
): Promise<ShownPlan> {
  const { shown, rollbackId, digest } = request;
  if (shown.where === 'summary') {
    checkDigest(shown.digest, digest);
    note('Plan that was shown', `in the summary of this run: ${shown.digest}`);
    return { commentUrl: null, marker: null };
  }
  const comments = await readAnswer(
    { what: `Comments of pull request ${shown.pullNumber}`, permission: 'pull-requests: read' },
    commentsSchema,
    () => calls.readComments(shown.pullNumber),
  );
  const found = comments.flatMap((comment) => {
    const marker = comment.user?.login === shown.author ? parseMarker(comment.body) : null;
    return marker?.rollbackId === rollbackId ? [{ commentUrl: comment.html_url, marker }] : [];
  });
  const [first, second] = found;
  if (first === undefined) {
    throw new RunbookError(
      'APPROVAL_COMMENT_MISSING',
      `Pull request ${shown.pullNumber} has no comment by ${shown.author} that shows the plan ${rollbackId}.`,
      {
        hint: 'start a new run: its plan posts the comment; check that "comment-author" names the account that posts',
      },
    );
  }
  if (second !== undefined) {
    throw new RunbookError(
      'APPROVAL_COMMENT_REPEATED',
      `Pull request ${shown.pullNumber} has ${found.length} comments by ${shown.author} that show the plan ${rollbackId}.`,
      { hint: 'remove all of them on the pull request, then start a new run' },
    );
  }
  checkDigest(first.marker.digest, digest);
  note('Plan that was shown', `${first.marker.digest} in ${first.commentUrl}`);
  return first;
}

/**
 * The comment must come from the run that was approved: reviewers of a run approve what that run shows.
 * @throws RunbookError APPROVAL_COMMENT_FOREIGN
 */
export function checkCommentOfRun({ commentUrl, marker }: ShownPlan, runId: number, note: Note): void {
  if (marker === null || commentUrl === null) return;
  if (marker.run !== runId) {
    throw new RunbookError(
      'APPROVAL_COMMENT_FOREIGN',
      `The comment ${commentUrl} was written by run ${marker.run ?? '(none)'}, the approval is for run ${runId}.`,
      { hint: 'start a new run and approve that one: plan, comment and approval belong to the same run' },
    );
  }
  note('Comment of this run', 'yes');
}

function checkDigest(shown: string, starting: string): void {
  if (shown === starting) return;
  throw new RunbookError(
    'APPROVAL_DIGEST_CHANGED',
    `The plan that was shown has the digest ${shown}, the one that would start ${starting}.`,
    { hint: 'someone changed the record after the review: plan again, and have the new plan approved' },
  );
}
