import { RunbookError } from '../errors.ts';
import { callGitHub } from './call.ts';
import type { GitHubClient } from './client.ts';
import { readFileText } from './file-text.ts';

export type PullRequestFiles = {
  /** Branch to make, without `refs/heads/`. */
  branch: string;
  title: string;
  body: string;
  message: string;
  /** Text files, path → content. Other files of the base branch stay as they are. */
  files: ReadonlyMap<string, string>;
};

const REGULAR_FILE = '100644';

/**
 * Opens a pull request with files, on a branch of its own from the default branch, without a checkout: tree, commit
 * and branch are made through the Git data API. A branch of that name with these files is taken up again, and so is
 * its open pull request; the branch is never moved.
 * @throws RunbookError PULL_REQUEST_NOT_ALLOWED where Actions may not create one (the branch stays), GITHUB_REFUSED
 *   where the branch exists with other files, and the codes of callGitHub
 */
export async function openPullRequest(
  client: GitHubClient,
  wanted: PullRequestFiles,
): Promise<{ number: number; url: string; commit: string; isNew: boolean }> {
  const { octokit, owner, repo } = client;
  const here = { owner, repo };
  const { data: repository } = await callGitHub('The repository', () => octokit.rest.repos.get(here));
  const base = repository.default_branch;
  const { tree, parent } = await makeTree(client, base, wanted.files);
  const there = await readBranch(client, wanted.branch);
  const commit = there ?? (await makeBranch(client, { ...wanted, tree, parent }));
  if (there !== null) await assertSameFiles(client, there, wanted);
  const { data: open } = await callGitHub(`Pull requests of ${wanted.branch}`, () =>
    octokit.rest.pulls.list({ ...here, state: 'open', head: `${owner}:${wanted.branch}`, base }),
  );
  const [found] = open;
  if (found !== undefined) return { number: found.number, url: found.html_url, commit, isNew: false };
  const { data: made } = await callGitHub('The pull request', () =>
    octokit.rest.pulls.create({
      ...here,
      base,
      head: wanted.branch,
      title: wanted.title,
      body: wanted.body,
      maintainer_can_modify: false,
      request: { retries: 0 },
    }),
  );
  return { number: made.number, url: made.html_url, commit, isNew: true };
}

/** Pull requests of GitHub's page, and how many pages of the newest ones are looked through. */
const PER_PAGE = 100;
const MAX_PAGES = 10;

/**
 * Finds pull requests by what their branch begins with, among the 1,000 newest, open or not. Their branches may be gone.
 * @returns their numbers, newest first
 * @throws RunbookError the codes of callGitHub
 */
export async function findPullRequests(
  { octokit, owner, repo }: GitHubClient,
  branchStart: string,
): Promise<number[]> {
  const found: number[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await callGitHub(`Pull requests of ${branchStart}…`, () =>
      octokit.rest.pulls.list({
        ...{ owner, repo, state: 'all', sort: 'created', direction: 'desc' },
        ...{ per_page: PER_PAGE, page },
      }),
    );
    // A branch of that name in a fork is someone else's.
    const own = data.filter(
      ({ head }) => head.ref.startsWith(branchStart) && head.repo?.full_name === `${owner}/${repo}`,
    );
    found.push(...own.map(({ number }) => number));
    if (data.length < PER_PAGE) break;
  }
  return found;
}

/** Content goes into the tree itself: one request for all files, where blobs would take one each. */
async function makeTree(
  { octokit, owner, repo }: GitHubClient,
  base: string,
  files: ReadonlyMap<string, string>,
) {
  const { data: ref } = await callGitHub(`Branch ${base}`, () =>
    octokit.rest.git.getRef({ owner, repo, ref: `heads/${base}` }),
  );
  const parent = ref.object.sha;
  const { data: head } = await callGitHub(`Commit ${parent}`, () =>
    octokit.rest.git.getCommit({ owner, repo, commit_sha: parent }),
  );
  const { data: tree } = await callGitHub('The tree of files', () =>
    octokit.rest.git.createTree({
      owner,
      repo,
      base_tree: head.tree.sha,
      tree: [...files].map(([path, content]) => ({ path, mode: REGULAR_FILE, type: 'blob', content })),
    }),
  );
  return { tree: tree.sha, parent };
}

async function makeBranch(
  { octokit, owner, repo }: GitHubClient,
  { branch, message, tree, parent }: { branch: string; message: string; tree: string; parent: string },
): Promise<string> {
  const { data: commit } = await callGitHub('The commit', () =>
    octokit.rest.git.createCommit({ owner, repo, message, tree, parents: [parent] }),
  );
  await callGitHub(`Branch ${branch}`, () =>
    octokit.rest.git.createRef({ owner, repo, ref: `refs/heads/${branch}`, sha: commit.sha }),
  );
  return commit.sha;
}

/** Commit of a branch, or null where there is none. */
async function readBranch({ octokit, owner, repo }: GitHubClient, branch: string): Promise<string | null> {
  try {
    const { data } = await callGitHub(`Branch ${branch}`, () =>
      octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}` }),
    );
    return data.object.sha;
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'GITHUB_NOT_FOUND') return null;
    throw error;
  }
}

async function assertSameFiles(
  client: GitHubClient,
  commit: string,
  { branch, files }: PullRequestFiles,
): Promise<void> {
  for (const [path, content] of files) {
    if ((await readFileText(client, path, commit)) === content) continue;
    throw new RunbookError('GITHUB_REFUSED', `Branch ${branch} exists, and its ${path} is another one.`, {
      hint: `close its pull request and remove the branch ${branch}, then plan again`,
    });
  }
}
