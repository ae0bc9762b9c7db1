import { z } from 'zod';
import { GitHubError, json, notFound, readBody } from '../answers.ts';
import { type GitHubRoute, repositoryOf } from '../route.ts';

const BASE = '/repos/{owner}/{repo}';
const sha = z.string().regex(/^[0-9a-f]{40}$/);

const treeBody = z.strictObject({
  base_tree: sha.optional(),
  tree: z
    .array(
      z.strictObject({
        path: z.string().regex(/^[^/].*[^/]$/),
        mode: z.literal('100644'),
        type: z.literal('blob'),
        content: z.string(),
      }),
    )
    .min(1),
});
const commitBody = z.strictObject({ message: z.string().min(1), tree: sha, parents: z.array(sha) });
const refBody = z.strictObject({ ref: z.string().regex(/^refs\/heads\/[\w./-]+$/), sha });

/** The repository itself, files at a commit, and the Git data API. */
export const GIT_ROUTES: GitHubRoute[] = [
  {
    method: 'GET',
    path: BASE,
    needs: ['metadata=read'],
    handle: (context) => {
      const { id, fullName, defaultBranch, isPrivate, pushedAt, owner, ownerId } = repositoryOf(context);
      return json({
        id,
        full_name: fullName,
        default_branch: defaultBranch,
        private: isPrivate,
        pushed_at: pushedAt,
        owner: { id: ownerId, login: owner },
      });
    },
  },
  {
    method: 'GET',
    path: `${BASE}/contents/{+path}`,
    needs: ['contents=read'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const commit = repository.resolve(context.url.searchParams.get('ref') ?? repository.defaultBranch);
      const path = context.params.path ?? '';
      const text = commit === undefined ? undefined : repository.commits.get(commit)?.tree.get(path);
      if (text === undefined) throw notFound();
      return json({ type: 'file', path, encoding: 'base64', content: Buffer.from(text).toString('base64') });
    },
  },
  {
    method: 'GET',
    path: `${BASE}/git/ref/{+ref}`,
    needs: ['contents=read'],
    handle: (context) => {
      const ref = context.params.ref ?? '';
      const commit = repositoryOf(context).branches.get(ref.replace(/^heads\//, ''));
      if (!ref.startsWith('heads/') || commit === undefined) throw notFound();
      return json({ ref: `refs/${ref}`, object: { type: 'commit', sha: commit } });
    },
  },
  {
    method: 'GET',
    path: `${BASE}/git/commits/{sha}`,
    needs: ['contents=read'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const commit = repository.commits.get(context.params.sha ?? '');
      if (commit === undefined) throw notFound();
      return json({
        sha: context.params.sha,
        message: commit.message,
        tree: { sha: repository.addTree(commit.tree) },
      });
    },
  },
  {
    method: 'POST',
    path: `${BASE}/git/trees`,
    needs: ['contents=write'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const { base_tree: base, tree } = readBody(treeBody, context.body);
      const below = base === undefined ? new Map<string, string>() : repository.trees.get(base);
      if (below === undefined) throw new GitHubError(404, 'Not Found');
      const merged = new Map([...below, ...tree.map(({ path, content }) => [path, content] as const)]);
      return json({ sha: repository.addTree(merged) }, 201);
    },
  },
  {
    method: 'POST',
    path: `${BASE}/git/commits`,
    needs: ['contents=write'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const { message, tree: treeSha, parents } = readBody(commitBody, context.body);
      const tree = repository.trees.get(treeSha);
      if (tree === undefined || parents.some((parent) => !repository.commits.has(parent))) {
        throw new GitHubError(422, 'Tree SHA does not exist');
      }
      return json({ sha: repository.addCommit({ tree, message, parents }) }, 201);
    },
  },
  {
    method: 'POST',
    path: `${BASE}/git/refs`,
    needs: ['contents=write'],
    handle: (context) => {
      const repository = repositoryOf(context);
      const { ref, sha: commit } = readBody(refBody, context.body);
      const branch = ref.slice('refs/heads/'.length);
      if (!repository.commits.has(commit)) throw new GitHubError(422, 'Object does not exist');
      if (repository.branches.has(branch)) throw new GitHubError(422, 'Reference already exists');
      repository.branches.set(branch, commit);
      return json({ ref, object: { type: 'commit', sha: commit } }, 201);
    },
  },
];
