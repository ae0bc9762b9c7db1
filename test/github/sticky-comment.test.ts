import { expect, test } from 'vitest';
import { ACTIONS_BOT } from '../../sandbox/github/state.ts';
import { MAX_BODY_CHARACTERS } from '../../src/github/comment-length.ts';
import { type StickyComment, writeStickyComment } from '../../src/github/sticky-comment.ts';
import { useDouble } from './double.ts';

const github = useDouble();

function openPull(): number {
  const { repository } = github;
  repository.commit('plan', new Map([['a', 'b']]), 'plan');
  repository.pulls.push({
    number: 1,
    state: 'open',
    title: 't',
    body: 'b',
    head: 'plan',
    base: 'main',
    user: ACTIONS_BOT,
    fork: null,
  });
  return 1;
}

function sticky(body: string, overrides: Partial<StickyComment> = {}): StickyComment {
  return {
    pullNumber: 1,
    author: ACTIONS_BOT.login,
    body,
    isSame: (text) => text.startsWith('<!-- new -->'),
    isOutdated: (text) => text.startsWith('<!-- old -->'),
    whole: 'The whole is in the summary.',
    ...overrides,
  };
}

function addComment(login: string, body: string): void {
  const { double, repository } = github;
  const id = double.state.nextId();
  repository.comments.push({
    id,
    node_id: `IC_${id}`,
    issue: 1,
    body,
    user: double.state.account(login),
    isMinimised: false,
  });
}

test('is made once, then written over, among more than a page of others', async () => {
  openPull();
  for (let i = 0; i < 230; i += 1) addComment('alice', `hello ${i}`);
  const first = await writeStickyComment(github.client(), sticky('<!-- new -->\none'));
  const second = await writeStickyComment(github.client(), sticky('<!-- new -->\ntwo'));
  expect(second).toEqual({ ...first, isNew: false });
  const own = github.repository.comments.filter(({ user }) => user.id === ACTIONS_BOT.id);
  expect(own.map(({ body }) => body)).toEqual(['<!-- new -->\ntwo']);
  expect(github.count('GET', '/comments')).toBe(6);
});

test('a comment of someone else with our marker is left alone', async () => {
  openPull();
  addComment('alice', '<!-- new -->\nforged');
  const { isNew } = await writeStickyComment(github.client(), sticky('<!-- new -->\nours'));
  expect(isNew).toBe(true);
  expect(github.repository.comments.map(({ body }) => body)).toEqual([
    '<!-- new -->\nforged',
    '<!-- new -->\nours',
  ]);
});

test('an unchanged body is not sent again', async () => {
  openPull();
  await writeStickyComment(github.client(), sticky('<!-- new -->\none'));
  await writeStickyComment(github.client(), sticky('<!-- new -->\none'));
  expect(github.double.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
});

test('comments of older plans are hidden, once each, and only ours', async () => {
  openPull();
  addComment(ACTIONS_BOT.login, '<!-- old -->\na');
  addComment('alice', '<!-- old -->\nb');
  expect(await writeStickyComment(github.client(), sticky('<!-- new -->'))).toMatchObject({ outdated: 1 });
  expect(github.repository.comments.map(({ isMinimised }) => isMinimised)).toEqual([true, false, false]);
});

test('is there once when the connection breaks after it was made', async () => {
  openPull();
  github.double.state.limits.push({ kind: 'reset-after', requests: 1, method: 'POST' });
  await writeStickyComment(github.client(), sticky('<!-- new -->\none'));
  expect(github.repository.comments).toHaveLength(1);
});

test('is made when GitHub failed before', async () => {
  openPull();
  github.double.state.limits.push({ kind: 'server-error', requests: 1, method: 'POST' });
  await writeStickyComment(github.client(), sticky('<!-- new -->\none'));
  expect(github.repository.comments).toHaveLength(1);
});

test.each(['primary', 'secondary'] as const)('waits for the %s rate limit', async (kind) => {
  openPull();
  github.double.state.limits.push({ kind, requests: 1 }, { kind, requests: 1, method: 'POST' });
  await writeStickyComment(github.client(), sticky('<!-- new -->'));
  expect(github.repository.comments).toHaveLength(1);
});

test('says so when a rate limit lasts', async () => {
  openPull();
  github.double.state.limits.push({ kind: 'secondary', requests: 100 });
  await expect(writeStickyComment(github.client(), sticky('<!-- new -->'))).rejects.toMatchObject({
    code: 'GITHUB_RATE_LIMITED',
  });
});

test('too long a text is cut, and keeps its first and last line', async () => {
  openPull();
  const long = `<!-- new -->\n${'a line\n\n'.repeat(12_000)}\nPlan digest abc\n`;
  await writeStickyComment(github.client(), sticky(long));
  const [{ body } = { body: '' }] = github.repository.comments;
  expect(body.length).toBeLessThan(MAX_BODY_CHARACTERS);
  expect(body.startsWith('<!-- new -->\n')).toBe(true);
  expect(body).toContain('The whole is in the summary.');
  expect(body.endsWith('\nPlan digest abc\n')).toBe(true);
});

test.each([
  [
    'without the permission',
    { 'pull-requests': 'read' },
    'GITHUB_DENIED',
    'pull-requests: write or issues: write',
  ],
  ['with another one', { contents: 'write' }, 'GITHUB_DENIED', 'pull-requests: read or issues: read'],
] as const)('%s', async (_, permissions, code, hint) => {
  openPull();
  github.double.state.addWorkflowToken('weak', permissions);
  await expect(writeStickyComment(github.client('weak'), sticky('<!-- new -->'))).rejects.toMatchObject({
    code,
    hint: expect.stringContaining(hint),
  });
});

test('a token that GitHub does not know', async () => {
  await expect(writeStickyComment(github.client('nobody'), sticky('x'))).rejects.toMatchObject({
    code: 'GITHUB_UNAUTHORISED',
  });
});
