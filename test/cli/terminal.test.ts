import process from 'node:process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeWithBar, openTerminal } from '../../src/cli/terminal.ts';

describe('the bar of the progress', () => {
  test.each([
    ['as long as it gets', 'Writing', 50, 80, '━━━━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄ Writing  50 %'],
    ['shorter where the line would not fit', 'Writing', 50, 30, '━━━━━━━┄┄┄┄┄┄ Writing  50 %'],
    ['none where nothing would be left of it', 'Writing', 50, 20, 'Writing  50 %'],
    ['none where the share is not known', 'Writing', null, 80, 'Writing'],
    ['none before the beginning', 'Writing', 0, 80, 'Writing'],
  ])('is %s', (_name, step, percent, columns, line) => {
    expect(describeWithBar(step, percent, columns)).toBe(line);
  });

  test.each([120, 100, 80, 60, 40])('leaves a line within %d columns', (columns) => {
    const line = describeWithBar('Listing: 5,020 entries', 49, columns);
    expect(line.length).toBeLessThanOrEqual(columns - '⠋ '.length);
  });
});

describe('progress in a terminal that cannot take a line back', () => {
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    if (isTTY === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
    else Object.defineProperty(process.stderr, 'isTTY', isTTY);
  });

  test.each([
    ['the log of a CI', { CI: 'true', TERM: 'xterm-256color' }],
    ['a dumb terminal', { CI: undefined, TERM: 'dumb' }],
  ])('is told in lines: %s', async (_name, environment) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const terminal = await openTerminal({ quiet: false });
    terminal.progress('Writing', 50);
    terminal.finish();
    expect(write.mock.calls.map(([text]) => text)).toEqual(['Writing  50 %\n']);
  });
});
