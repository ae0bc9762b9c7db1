import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitBody, MAX_BODY_CHARACTERS } from '../../src/github/comment-length.ts';

test('a body that fits is left as it is', () => {
  expect(fitBody('first\n\nlast\n', 'elsewhere')).toBe('first\n\nlast\n');
});

test('any body fits, is not cut inside of code or details, and keeps its ends', () => {
  const block = fc.oneof(
    fc.string({ maxLength: 80 }).map((text) => text.replace(/[`~<\n]/g, '')),
    fc.constantFrom(
      '```sh\nls\n\nls\n```',
      '````\n```\n\n````',
      '<details><summary>x</summary>\n\n| a |\n\n</details>',
    ),
    fc.nat(3000).map((length) => 'y'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(block, { minLength: 60, maxLength: 90 }), fc.nat(30_000), (blocks, extra) => {
      const body = `<!-- m -->\n${blocks.join('\n\n')}\n\n${'z\n\n'.repeat(15_000 + extra)}\nDigest d\n`;
      const cut = fitBody(body, 'elsewhere');
      const kept = cut.split('\n> [!WARNING]')[0] ?? '';
      expect(cut.length).toBeLessThanOrEqual(55_000);
      expect(cut.length).toBeLessThan(MAX_BODY_CHARACTERS);
      expect(cut.startsWith('<!-- m -->\n')).toBe(true);
      expect(cut.endsWith('elsewhere\n\nDigest d\n')).toBe(true);
      expect(kept.match(/^<details>/gm)?.length).toBe(kept.match(/^<\/details>/gm)?.length);
      expect((kept.match(/^```sh$/gm)?.length ?? 0) * 2 + (kept.match(/^````$/gm)?.length ?? 0) * 1.5).toBe(
        kept.match(/^`{3,4}(sh)?$/gm)?.length ?? 0,
      );
    }),
    { numRuns: 30 },
  );
});

test('one long line is cut to the first line', () => {
  expect(fitBody(`<!-- m -->\n${'x'.repeat(70_000)}`, 'elsewhere')).toBe(
    '<!-- m -->\n\n> [!WARNING]\n> **Cut here: the text is too long for a comment.** elsewhere\n',
  );
});
