import process from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTerminal } from '../../src/cli/terminal.ts';

const isTerminal = process.stderr.isTTY;
let lines: string[];

beforeEach(() => {
  lines = [];
  process.stderr.isTTY = false;
  vi.useFakeTimers();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text).trimEnd());
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  process.stderr.isTTY = isTerminal;
});

test('a log has a line for each step, and one every ten seconds while a step goes on, whatever its figures', async () => {
  const { progress } = await openTerminal({ quiet: false });
  progress('Reading the configuration of data', null);
  for (let second = 0; second < 25; second += 0.5) {
    progress(`Listing: ${second * 2000} entries, 2,000 a second, about ${60 - second} s left`, second * 2);
    vi.advanceTimersByTime(500);
  }
  progress('Writing manifests/scenario2.csv', null);
  progress('Writing manifests/scenario3b.csv', null);
  expect(lines).toEqual([
    'Reading the configuration of data',
    'Listing: 0 entries, 2,000 a second, about 60 s left',
    'Listing: 20000 entries, 2,000 a second, about 50 s left  20 %',
    'Listing: 40000 entries, 2,000 a second, about 40 s left  40 %',
    'Writing manifests/scenario2.csv',
    'Writing manifests/scenario3b.csv',
  ]);
});
