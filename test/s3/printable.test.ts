import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inertJson, printable } from '../../src/s3/printable.ts';

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('printable', () => {
  it.each([
    ['plain', 'plain'],
    ['Grüße 日本 🪣', 'Grüße 日本 🪣'],
    ['\x1b[31m', '\\x1b[31m'],
    ['a\r\nb\tc', 'a\\x0d\\x0ab\\x09c'],
    ['\x00\x7f\x9b', '\\x00\\x7f\\x9b'],
    ['abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
    ['\u200b\ufeff\u2028\u2029', '\\u{200b}\\u{feff}\\u{2028}\\u{2029}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800', '\\u{d800}'],
    ['C:\\dir', 'C:\\dir'],
  ])('%j is shown as %s', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('shows every character, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !UNSEEN.test(printable(text))),
      { numRuns: 500 },
    );
  });
});

describe('inertJson', () => {
  it.each([
    ['\u202e', '{"a":"\\u202e"}'],
    ['\u{e0041}', '{"a":"\\udb40\\udc41"}'],
    ['\x7f\x1b', '{"a":"\\u007f\\u001b"}'],
    ['Grüße', '{"a":"Grüße"}'],
  ])('%j', (text, json) => {
    expect(inertJson(JSON.stringify({ a: text }))).toBe(json);
  });

  it('keeps the value, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (key, text) => {
        const json = inertJson(JSON.stringify({ [key]: text }));
        expect(UNSEEN.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [key]: text })));
      }),
      { numRuns: 500 },
    );
  });
});
