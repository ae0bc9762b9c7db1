import { expect, test } from 'vitest';
import { ACTIONS_BOT } from '../../sandbox/github/state.ts';
import { findPullRequests, openPullRequest } from '../../src/github/pull-request.ts';
import { useDouble } from './double.ts';

const github = useDouble();

const WANTED = {
  branch: 's3-rewind/rb-1',
  title: 'Roll back',
  body: 'A plan',
  message: 'Plan rb-1',
  files: new Map([
    ['rollbacks/rb-1/plan.json', '{"a":"ü`\\n"}\n'],
    ['rollbacks/rb-1/sql/01 scan.sql', 'SELECT 1;\n'],
  ]),
};

test('makes branch, commit and pull request without a checkout, and nothing twice', async () => {
  const first = await openPullRequest(github.client(), WANTED);
  const again = await openPullRequest(github.client(), WANTED);
  expect(again).toEqual({ ...first, isNew: false });
  expect(first).toMatchObject({ number: 1, isNew: true, url: 'https://github.com/acme/data/pull/1' });
  const { repository } = github;
  expect(repository.branches.get(WANTED.branch)).toBe(first.commit);
  const commit = repository.commits.get(first.commit);
  expect(Object.fromEntries(commit?.tree ?? [])).toEqual({
    'README.md': '# A repository\n',
    ...Object.fromEntries(WANTED.files),
  });
  expect(commit?.parents).toEqual([repository.branches.get('main')]);
  expect(repository.pulls).toHaveLength(1);
});

test('a branch with other files is never moved', async () => {
  await openPullRequest(github.client(), WANTED);
  const other = { ...WANTED, files: new Map([['rollbacks/rb-1/plan.json', '{}']]) };
  await expect(openPullRequest(github.client(), other)).rejects.toMatchObject({ code: 'GITHUB_REFUSED' });
});

test('a repository that forbids it has its own code, and keeps the branch', async () => {
  github.repository.actionsMayOpenPullRequests = false;
  await expect(openPullRequest(github.client(), WANTED)).rejects.toMatchObject({
    code: 'PULL_REQUEST_NOT_ALLOWED',
    hint: expect.stringContaining('Allow GitHub Actions to create and approve pull requests'),
  });
  expect(github.repository.branches.has(WANTED.branch)).toBe(true);
});

test('a token that may not write says which permission is missing', async () => {
  github.double.state.addWorkflowToken('reader', { contents: 'read', 'pull-requests': 'write' });
  await expect(openPullRequest(github.client('reader'), WANTED)).rejects.toMatchObject({
    code: 'GITHUB_DENIED',
    hint: expect.stringContaining('contents: write'),
  });
});

test('a failure of GitHub is tried again', async () => {
  github.double.state.limits.push({ kind: 'server-error', requests: 2, method: 'GET' });
  expect(await openPullRequest(github.client(), WANTED)).toMatchObject({ isNew: true });
});

test('pull requests are found by what their branch begins with, closed ones and later pages too, not those of forks', async () => {
  const { repository } = github;
  const add = (head: string, options: { state?: 'open' | 'closed'; fork?: string } = {}) => {
    const number = repository.pulls.length + 1;
    const { state = 'open', fork = null } = options;
    repository.pulls.push({
      number,
      state,
      title: 't',
      body: 'b',
      head,
      base: 'main',
      user: ACTIONS_BOT,
      fork,
    });
    return number;
  };
  const first = add('s3-rewind/rb-1-7', { state: 'closed' });
  for (let count = 0; count < 120; count += 1) add(`other-${count}`);
  add('s3-rewind/rb-1-8', { fork: 'mallory/data' });
  add('s3-rewind/rb-10-9');
  const last = add('s3-rewind/rb-1-9');
  expect((await findPullRequests(github.client(), 's3-rewind/rb-1-')).toSorted((a, b) => a - b)).toEqual([
    first,
    last,
  ]);
  expect(github.count('GET', '/pulls')).toBe(2);
});
