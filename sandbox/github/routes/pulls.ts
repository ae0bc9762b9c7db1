import { z } from 'zod';
import { GitHubError, json, notFound, page, readBody } from '../answers.ts';
import type { Comment, PullRequest, Repository } from '../repository.ts';
import { type GitHubRoute, type RouteContext, repositoryOf } from '../route.ts';

const BASE = '/repos/{owner}/{repo}';
const READ = ['pull_requests=read', 'issues=read'];
const WRITE = ['pull_requests=write', 'issues=write'];
const MAX_BODY_CHARACTERS = 65_536;

const commentBody = z.strictObject({ body: z.string() });
const pullBody = z.strictObject({
  title: z.string().min(1).max(256),
  head: z.string(),
  base: z.string(),
  body: z.string(),
  maintainer_can_modify: z.boolean().optional(),
});
const mutationBody = z.strictObject({
  query: z.string(),
  variables: z.strictObject({ id: z.string() }),
});

/** Pull requests, their reviews and comments, and the one mutation that hides a comment. */
export const PULL_ROUTES: GitHubRoute[] = [
  {
    method: 'GET',
    path: `${BASE}/pulls`,
    needs: ['pull_requests=read'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const { searchParams } = context.url;
      const [head, base, state] = ['head', 'base', 'state'].map((name) => searchParams.get(name));
      const found = repository.pulls.filter(
        (pull) =>
          (head === null || `${repository.owner}:${pull.head}` === head) &&
          (base === null || pull.base === base) &&
          (state === 'all' || pull.state === (state ?? 'open')),
      );
      return page(
        found.map((pull) => formatPull(repository, pull)),
        context.url,
      );
    },
  },
  { method: 'POST', path: `${BASE}/pulls`, needs: ['pull_requests=write'], handle: openPull },
  {
    method: 'GET',
    path: `${BASE}/pulls/{number}`,
    needs: ['pull_requests=read'],
    handle: (context) => json(formatPull(repositoryOf(context), pullOf(context))),
  },
  {
    method: 'GET',
    path: `${BASE}/pulls/{number}/reviews`,
    needs: ['pull_requests=read'],
    handle: (context) => {
      const { number } = pullOf(context);
      const { fullName, reviews } = repositoryOf(context);
      const html_url = `https://github.com/${fullName}/pull/${number}#pullrequestreview-`;
      return page(
        reviews
          .filter(({ pull }) => pull === number)
          .map((review) => ({ ...review, html_url: `${html_url}${review.id}` })),
        context.url,
      );
    },
  },
  {
    method: 'GET',
    path: `${BASE}/issues/{number}/comments`,
    needs: READ,
    handle: (context) => {
      const repository = repositoryOf(context);
      const { number } = pullOf(context);
      return page(
        repository.comments
          .filter(({ issue }) => issue === number)
          .map((one) => formatComment(repository, one)),
        context.url,
      );
    },
  },
  {
    method: 'POST',
    path: `${BASE}/issues/{number}/comments`,
    needs: WRITE,
    handle: (context) => {
      const { body } = readCommentBody(context);
      const repository = repositoryOf(context);
      const id = context.state.nextId();
      const comment: Comment = {
        id,
        node_id: `IC_${id}`,
        issue: pullOf(context).number,
        body,
        user: context.token.account,
        isMinimised: false,
      };
      repository.comments.push(comment);
      return json(formatComment(repository, comment), 201);
    },
  },
  {
    method: 'PATCH',
    path: `${BASE}/issues/comments/{id}`,
    needs: WRITE,
    handle: (context) => {
      const { body } = readCommentBody(context);
      const repository = repositoryOf(context);
      const comment = repository.comments.find(({ id }) => id === Number(context.params.id));
      if (comment === undefined) throw notFound();
      comment.body = body;
      return json(formatComment(repository, comment));
    },
  },
  { method: 'POST', path: '/graphql', needs: WRITE, handle: minimise },
];

function openPull(context: RouteContext) {
  const repository = repositoryOf(context);
  const wanted = readBody(pullBody, context.body);
  if (context.token.permissions !== 'person' && !repository.actionsMayOpenPullRequests) {
    throw new GitHubError(403, 'GitHub Actions is not permitted to create or approve pull requests.');
  }
  const head = repository.branches.get(wanted.head);
  if (head === undefined) throw invalid('head');
  if (!repository.branches.has(wanted.base)) throw invalid('base');
  if (head === repository.branches.get(wanted.base)) {
    throw unprocessable(`No commits between ${wanted.base} and ${wanted.head}`);
  }
  if (repository.pulls.some((pull) => pull.state === 'open' && pull.head === wanted.head)) {
    throw unprocessable(`A pull request already exists for ${repository.owner}:${wanted.head}.`);
  }
  const pull: PullRequest = {
    number: repository.pulls.length + 1,
    state: 'open',
    title: wanted.title,
    body: wanted.body,
    head: wanted.head,
    base: wanted.base,
    user: context.token.account,
    fork: null,
  };
  repository.pulls.push(pull);
  return json(formatPull(repository, pull), 201);
}

function minimise({ body, state }: RouteContext) {
  const { query, variables } = readBody(mutationBody, body);
  if (
    !/^mutation \(\$id: ID!\) \{\s*minimizeComment\(input: \{ subjectId: \$id, classifier: OUTDATED \}\)/.test(
      query,
    )
  ) {
    throw new GitHubError(404, 'the double knows no other GraphQL than the mutation minimizeComment');
  }
  const comment = [...state.repositories.values()]
    .flatMap(({ comments }) => comments)
    .find(({ node_id: id }) => id === variables.id);
  if (comment === undefined) {
    const message = `Could not resolve to a node with the global id of '${variables.id}'`;
    return json({
      data: { minimizeComment: null },
      errors: [{ type: 'NOT_FOUND', path: ['minimizeComment'], message }],
    });
  }
  comment.isMinimised = true;
  return json({ data: { minimizeComment: { minimizedComment: { isMinimized: true } } } });
}

function readCommentBody(context: RouteContext) {
  const read = readBody(commentBody, context.body);
  if (read.body.trim() === '') throw unprocessable('Body cannot be blank');
  if ([...read.body].length > MAX_BODY_CHARACTERS) {
    throw unprocessable(`Body is too long (maximum is ${MAX_BODY_CHARACTERS} characters)`);
  }
  return read;
}

function pullOf(context: RouteContext): PullRequest {
  const pull = repositoryOf(context).pulls.find(({ number }) => number === Number(context.params.number));
  if (pull === undefined) throw notFound();
  return pull;
}

function formatPull(repository: Repository, pull: PullRequest) {
  const { head, base, fork, ...rest } = pull;
  return {
    ...rest,
    html_url: `https://github.com/${repository.fullName}/pull/${pull.number}`,
    head: { ref: head, sha: repository.branches.get(head), repo: { full_name: fork ?? repository.fullName } },
    base: { ref: base, repo: { full_name: repository.fullName } },
  };
}

function formatComment(repository: Repository, { issue, isMinimised: _, ...comment }: Comment) {
  return {
    ...comment,
    html_url: `https://github.com/${repository.fullName}/pull/${issue}#issuecomment-${comment.id}`,
  };
}

function invalid(field: string): GitHubError {
  return new GitHubError(422, 'Validation Failed', {
    errors: [{ resource: 'PullRequest', field, code: 'invalid' }],
  });
}

function unprocessable(message: string): GitHubError {
  return new GitHubError(422, 'Validation Failed', { errors: [{ code: 'custom', message }] });
}
