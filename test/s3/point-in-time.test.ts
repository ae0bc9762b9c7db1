import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/errors.ts';
import { formatInstant, parsePointInTime } from '../../src/s3/point-in-time.ts';

const NOW = new Date('2025-11-22T12:00:00.250Z');

/** The refusal of a time: its code, message and hint. */
function refusalOf(text: string): { code: string; message: string; hint: string } {
  try {
    return { code: 'none', message: parsePointInTime(text, NOW), hint: '' };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

describe('parsePointInTime', () => {
  it.each([
    ['2025-08-30T02:00:00Z', '2025-08-30T02:00:00Z'],
    ['2025-08-30t02:00:00z', '2025-08-30T02:00:00Z'],
    ['2025-08-30T02:00:00', '2025-08-30T02:00:00Z'],
    ['2025-08-30T02:00:00+00:00', '2025-08-30T02:00:00Z'],
    ['2025-08-30T02:00:00-00:00', '2025-08-30T02:00:00Z'],
    // The same instant before and after clocks in Europe go back: the offset decides, no zone is guessed.
    ['2025-10-26T02:30:00+02:00', '2025-10-26T00:30:00Z'],
    ['2025-10-26T02:30:00+01:00', '2025-10-26T01:30:00Z'],
    // An hour that no clock in New York showed exists all the same with its offset.
    ['2025-03-09T02:30:00-05:00', '2025-03-09T07:30:00Z'],
    ['2025-08-30T02:00:00+05:45', '2025-08-29T20:15:00Z'],
    ['2025-01-01T00:00:00+14:00', '2024-12-31T10:00:00Z'],
    ['2024-12-31T23:59:59-12:00', '2025-01-01T11:59:59Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['2025-11-22T12:00:00Z', '2025-11-22T12:00:00Z'],
    ['2025-11-22T17:30:00+05:30', '2025-11-22T12:00:00Z'],
  ])('%s is %s', (text, instant) => {
    expect(parsePointInTime(text, NOW)).toBe(instant);
  });

  it.each([
    ['2025-02-29T00:00:00Z', 'does not exist'],
    ['1900-02-29T00:00:00Z', 'does not exist'],
    ['2025-04-31T00:00:00Z', 'does not exist'],
    ['2025-13-01T00:00:00Z', 'does not exist'],
    ['2025-00-01T00:00:00Z', 'does not exist'],
    ['2025-01-00T00:00:00Z', 'does not exist'],
    ['2025-01-01T24:00:00Z', 'does not exist'],
    ['2025-01-01T23:60:00Z', 'does not exist'],
    ['2025-01-01T23:59:60Z', 'does not exist'],
    ['2025-01-01T00:00:00+24:00', 'offset that does not exist'],
    ['2025-01-01T00:00:00+01:60', 'offset that does not exist'],
    ['2025-01-01T00:00:00.5Z', 'fraction of a second'],
    ['2025-01-01T00:00:00.000Z', 'fraction of a second'],
    ['', 'not an RFC 3339 time'],
    ['now', 'not an RFC 3339 time'],
    ['2025-01-01', 'not an RFC 3339 time'],
    ['2025-01-01T00:00', 'not an RFC 3339 time'],
    ['2025-01-01T00:00Z', 'not an RFC 3339 time'],
    ['2025-01-01 00:00:00', 'not an RFC 3339 time'],
    ['2025-1-1T00:00:00Z', 'not an RFC 3339 time'],
    ['20250101T000000Z', 'not an RFC 3339 time'],
    ['2025-01-01T00:00:00+0200', 'not an RFC 3339 time'],
    ['2025-01-01T00:00:00 +02:00', 'not an RFC 3339 time'],
    ['2025-01-01T00:00:00 Europe/Berlin', 'not an RFC 3339 time'],
    ['2025-01-01T00:00:00\u221205:00', 'not an RFC 3339 time'],
    ['2025-01-01T00:00:00Z\n', 'not an RFC 3339 time'],
    [' 2025-01-01T00:00:00Z', 'not an RFC 3339 time'],
    ['1735689600', 'not an RFC 3339 time'],
    ['+002025-01-01T00:00:00Z', 'not an RFC 3339 time'],
    ['\u0662\u0660\u0662\u0665-01-01T00:00:00Z', 'not an RFC 3339 time'],
  ])('%j is refused: %s', (text, reason) => {
    const { code, message, hint } = refusalOf(text);
    expect(code).toBe('INVALID_TIMESTAMP');
    expect(message).toContain(`'${text}'`);
    expect(message).toContain(reason);
    expect(hint).toMatch(/use |check /);
  });

  it('proposes the time without its fraction, as it was written', () => {
    expect(refusalOf('2025-01-01T00:00:00.999-03:00').hint).toBe('use 2025-01-01T00:00:00-03:00');
    expect(refusalOf('2025-01-01T00:00:00.1z').hint).toBe('use 2025-01-01T00:00:00Z');
    expect(refusalOf('2025-01-01T00:00:00.1').hint).toBe('use 2025-01-01T00:00:00Z');
  });

  it.each([
    '2025-11-22T12:00:01Z',
    '2025-11-22T12:00:00-00:01',
    '2025-11-22T13:00:00',
    '9999-12-31T23:59:59Z',
  ])('%s lies in the future', (text) => {
    const { code, message } = refusalOf(text);
    expect(code).toBe('TIMESTAMP_IN_FUTURE');
    expect(message).toMatch(/Z lies in the future; it is 2025-11-22T12:00:00Z\.$/);
  });
});

describe('formatInstant', () => {
  it.each([
    ['2025-11-22T12:00:00.999Z', '2025-11-22T12:00:00Z'],
    ['1969-12-31T23:59:59.500Z', '1969-12-31T23:59:59Z'],
  ])('%s cuts off to %s', (text, expected) => {
    expect(formatInstant(new Date(text))).toBe(expected);
  });
});
