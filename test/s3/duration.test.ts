import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/s3/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['45s', 45],
    ['90m', 5_400],
    ['24h', 86_400],
    ['7d', 604_800],
    ['999999d', 86_399_913_600],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text, 'multipart-window')).toBe(seconds);
  });

  it.each(['', '24', 'h', '-1h', '1.5h', '1 h', '24H', '1w', '1h30m', '1000000d', '24h\n', '٣h'])(
    '%j is refused',
    (text) => {
      expect(() => parseDuration(text, 'multipart-window')).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: `--multipart-window '${text}' is not a duration.`,
          hint: expect.stringContaining('--multipart-window 24h'),
        }),
      );
    },
  );
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.5, '1 min'],
    [60, '1 min'],
    [89, '1 min'],
    [3_569, '59 min'],
    [3_570, '1 h'],
    [3_600, '1 h'],
    [12_000, '3 h 20 min'],
    [86_400, '24 h'],
    [172_740, '47 h 59 min'],
    [172_800, '2 d'],
    [187_200, '2 d 4 h'],
    [8_640_000, '100 d'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
