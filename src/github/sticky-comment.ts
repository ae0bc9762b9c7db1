import { RunbookError } from '../errors.ts';
import { listComments } from './approval-answers.ts';
import { callGitHub, mayHaveHappened } from './call.ts';
import type { GitHubClient } from './client.ts';
import { fitBody } from './comment-length.ts';

type OwnComment = { id: number; nodeId: string; url: string; body: string };

export type StickyComment = {
  pullNumber: number;
  /** Login of the account whose token writes, such as `github-actions[bot]`. A comment of anyone else is not ours. */
  author: string;
  body: string;
  /** Whether a body is of the same rollback, so that it is written over. */
  isSame: (body: string) => boolean;
  /** Whether a body shows a plan that this one takes the place of; such comments are hidden as outdated. */
  isOutdated: (body: string) => boolean;
  /** Markdown that says where the whole text is, should the body be cut. */
  whole: string;
};

const MINIMISE = `mutation ($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`;

/**
 * Writes the one comment of a rollback: over the one that is there, or a new one. Comments of older plans are hidden.
 * Where GitHub fails on a new comment, it is looked for before it is written once more, so that it is not there twice.
 * @returns address of the comment, and how many older ones were hidden
 * @throws RunbookError the codes of callGitHub
 */
export async function writeStickyComment(
  client: GitHubClient,
  comment: StickyComment,
): Promise<{ id: number; url: string; isNew: boolean; outdated: number }> {
  const body = fitBody(comment.body, comment.whole);
  const own = await readOwnComments(client, comment);
  const written = await write(client, comment, body, own);
  const outdated = own.filter((other) => other.id !== written.id && comment.isOutdated(other.body));
  for (const { nodeId } of outdated) await minimise(client, nodeId);
  return { ...written, outdated: outdated.length };
}

/**
 * Changes comments of our own on a pull request, where they are to be changed.
 * @param change the new body, or null to leave a comment alone
 * @returns the addresses of those that `change` knew
 * @throws RunbookError the codes of callGitHub
 */
export async function changeOwnComments(
  client: GitHubClient,
  { pullNumber, author, whole }: Pick<StickyComment, 'pullNumber' | 'author' | 'whole'>,
  change: (body: string) => string | null,
): Promise<string[]> {
  const changed: string[] = [];
  for (const own of await readOwnComments(client, { pullNumber, author })) {
    const body = change(own.body);
    if (body !== null) changed.push((await update(client, own, fitBody(body, whole))).url);
  }
  return changed;
}

async function write(client: GitHubClient, comment: StickyComment, body: string, own: OwnComment[]) {
  const there = own.find((other) => comment.isSame(other.body));
  if (there !== undefined) return update(client, there, body);
  try {
    return await create(client, comment.pullNumber, body);
  } catch (error) {
    if (!mayHaveHappened(error)) throw error;
    const made = (await readOwnComments(client, comment)).find((other) => comment.isSame(other.body));
    return made === undefined ? create(client, comment.pullNumber, body) : update(client, made, body);
  }
}

async function readOwnComments(
  client: GitHubClient,
  { pullNumber, author }: { pullNumber: number; author: string },
): Promise<OwnComment[]> {
  const all = await listComments(client, pullNumber);
  return all
    .filter(({ user }) => user?.login === author)
    .map(({ id, node_id, html_url, body }) => ({ id, nodeId: node_id, url: html_url, body: body ?? '' }));
}

async function create({ octokit, owner, repo }: GitHubClient, pullNumber: number, body: string) {
  const { data } = await callGitHub(`A comment on pull request ${pullNumber}`, () =>
    octokit.rest.issues.createComment({
      owner,
      repo,
      issue_number: pullNumber,
      body,
      request: { retries: 0 },
    }),
  );
  return { id: data.id, url: data.html_url, isNew: true };
}

async function update({ octokit, owner, repo }: GitHubClient, there: OwnComment, body: string) {
  if (there.body !== body) {
    await callGitHub(`Comment ${there.url}`, () =>
      octokit.rest.issues.updateComment({ owner, repo, comment_id: there.id, body }),
    );
  }
  return { id: there.id, url: there.url, isNew: false };
}

async function minimise({ octokit }: GitHubClient, nodeId: string): Promise<void> {
  try {
    await callGitHub('An outdated comment', () => octokit.graphql(MINIMISE, { id: nodeId }));
  } catch (error) {
    if (error instanceof RunbookError) throw error;
    // GraphQL answers 200 with a list of errors.
    throw new RunbookError('GITHUB_REFUSED', `An outdated comment cannot be hidden: ${String(error)}`, {
      hint: 'hide it by hand: "…", "Hide", "Outdated"; nothing rests on it',
      cause: error,
    });
  }
}
