import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BrokenClaim, claim } from '../../demo/claim.ts';
import { formatCommand } from '../../demo/command-line.ts';
import { renderCommentForTerminal } from '../../demo/comment-in-terminal.ts';
import { currentContents, haveSameContents } from '../../demo/contents.ts';
import { fold, visibleLength } from '../../demo/screen.ts';
import { startSandbox } from '../../sandbox/server.ts';

const GOLDEN = new URL('../golden/', import.meta.url);
/** The demo shows plans of one bucket; a set has a wide table, which nobody reads in a terminal. */
const COMMENTS = readdirSync(GOLDEN).filter((name) => /^comment-(?!hostile|long|set)/.test(name));

describe('the comment in a terminal', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each(COMMENTS)('%s fits into 80 columns, without Markdown', (name) => {
    const text = renderCommentForTerminal(readFileSync(new URL(name, GOLDEN), 'utf8'));
    const words = text.split('\n').filter((line) => visibleLength(line) > 80 && line.includes(' '));
    expect(words).toEqual([]);
    expect(text).not.toMatch(/```|xychart|\*\*|&nbsp;|<br>|<details>|^\|/m);
  });

  test('has colours where stdout takes them, and none elsewhere, in its frames too', () => {
    const table = '| a | b |\n| :-- | --: |\n| **c** | `d` |';
    vi.stubEnv('TERM', 'xterm-256color');
    vi.stubEnv('FORCE_COLOR', undefined);
    vi.stubEnv('NO_COLOR', '1');
    expect(renderCommentForTerminal(table)).not.toContain('\u001b');
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    expect(renderCommentForTerminal(table)).toContain('\u001b[1mc');
  });

  test('draws the activity: puts below, deletes on top', () => {
    const source = [
      ...['```mermaid', 'xychart-beta', '  x-axis ["10:00", "P", "10:01", "10:02"]'],
      '  y-axis "entries per 1 min" 0 --> 6',
      ...['  bar [0, 6, 0, 0]', '  bar [0, 0, 6, 3]', '  bar [0, 0, 2, 3]', '  bar [0, 0, 0, 0]', '```'],
    ];
    expect(
      renderCommentForTerminal(source.join('\n'))
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      '┊ █',
      ...['┊ █', '┊ █', '┊ █ █', '┊ █ █', '┊ █ █'],
      '10:00P10:02',
      'at most 6 entries per 1 min; blue puts, red deletes',
    ]);
  });
});

test('a claim that does not hold ends the demo', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    claim('one', true);
    expect(() => claim('two', false)).toThrow(BrokenClaim);
    expect(write.mock.calls.map(([text]) => text)).toEqual(['✓ one\n', '✗ two\n']);
  } finally {
    write.mockRestore();
  }
});

test('contents are the same when keys and data are', async () => {
  const sandbox = await startSandbox();
  try {
    const bucket = sandbox.createBucket('b', { versioning: 'Enabled' });
    bucket.put('a', { body: '1' });
    const before = currentContents(bucket);
    bucket.put('a', { body: '2' });
    expect(haveSameContents(before, currentContents(bucket))).toBe(false);
    bucket.put('a', { body: '1' });
    expect(haveSameContents(before, currentContents(bucket))).toBe(true);
    bucket.put('c', { body: '1' });
    expect(haveSameContents(before, currentContents(bucket))).toBe(false);
    bucket.addDeleteMarker('c');
    expect(haveSameContents(before, currentContents(bucket))).toBe(true);
    bucket.addDeleteMarker('a');
    expect(haveSameContents(before, currentContents(bucket))).toBe(false);
  } finally {
    await sandbox.stop();
  }
});

test('a long command goes over several lines, options beside their values', () => {
  expect(formatCommand(['verify', '--record', 'r'])).toBe(
    '$ npm run --silent s3-rewind -- verify --record r',
  );
  const long = 'x'.repeat(40);
  expect(formatCommand(['undo', '--record', long, '--yes', '--out', 'o'])).toBe(
    `$ npm run --silent s3-rewind -- undo \\\n    --record ${long} --yes --out o`,
  );
});

test('folding breaks at spaces, and never within a word', () => {
  expect(fold('  one two three', 9, '  ')).toBe('  one two\n    three');
  expect(fold(`a ${'b'.repeat(12)} c`, 9)).toBe(`a\n${'b'.repeat(12)}\nc`);
});
