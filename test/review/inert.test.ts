import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { readTemplate, type TemplateSource } from '../../src/render/handlebars.ts';
import {
  formatCodeSpan,
  formatInlineText,
  formatJsonComment,
  formatLink,
} from '../../src/render/markdown.ts';
import { MAX_COMMENT_CHARACTERS, renderComment } from '../../src/review/comment.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { type CommentStructure, readStructure } from './markdown-structure.ts';
import { buildSamplePlan } from './sample-plan.ts';

let template: TemplateSource;
beforeAll(async () => {
  template = await readTemplate(new URL('../../templates/comment.md.hbs', import.meta.url));
});

/** Signs of Markdown, in any order, are likelier to hurt than random text. */
const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '`',
        '``',
        '|',
        '\\',
        '\n',
        ' ',
        '<',
        '>',
        '!',
        '[',
        ']',
        '(',
        ')',
        '@a',
        '#1',
        '$',
        '*',
        '_',
        '~',
        '&',
        'www.a.b',
        'http://a',
        '-->',
        ':x:',
        '\u202e',
        'x',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', minLength: 900, maxLength: 1024 }),
);

/** Outside code nothing may be left that GitHub acts upon. */
const ACTIVE = [
  /[@]/,
  /#\d/,
  /:\/\//,
  /www\./i,
  /<(?!!--$)/,
  /!\[/,
  /\]\(/,
  /GH-\d/i,
  /\$(?!\d)/,
  /`/,
  /&(?!(?:nbsp|lt|gt|amp);)/,
  /~/,
];
/** Controls other than the line break, what changes direction or has no width, and halves of a pair. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('any text of the bucket', () => {
  test('is inert everywhere in the comment', () => {
    const texts = fc.array(hostileText, { minLength: 5, maxLength: 12 });
    fc.assert(
      fc.property(texts, (given) => {
        const [a = '', b = '', c = '', d = '', e = ''] = given;
        const hostile = (checks: string[]) =>
          buildSamplePlan({
            bucket: a,
            prefixes: [b, c],
            sampleKeys: given,
            topPrefixes: given.map((prefix, i) => ({ prefix, keys: i + 1 })),
            checks: [
              { code: checks[0] ?? '', level: 'blocking', message: checks[1] ?? '', hint: checks[2] ?? '' },
              { code: 'C', level: 'info', message: checks[3] ?? '', hint: checks[0] ?? '' },
            ],
          });
        const plan = hostile([d, e, a, b]);
        plan.inputs.kmsKeyArn = c;
        plan.estimate.prices.name = d;
        plan.estimate.extras = [{ code: 'x', text: e, costUsd: null, per: 'once' }];
        plan.sources = [
          { source: 's3-inventory', name: a, chosen: true, reason: b },
          { source: 's3-inventory', name: c, chosen: false, reason: d },
          { source: 'listing', name: null, chosen: false, reason: e },
        ];
        plan.requesters = requestersOf(given);
        for (const sample of plan.samples) if (sample.current !== null) sample.current.versionId = b;
        const comment = renderComment(plan, { template });
        const calm = structureOfPlain(given.length);
        const { tables, headings, bareLines, codeBlocks } = readStructure(comment);

        expect(comment.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
        expect(comment).not.toMatch(UNSEEN);
        expect(tables.map((rows) => new Set(rows).size)).toEqual(tables.map(() => 1));
        expect(tables.map((rows) => rows.length)).toEqual(calm.tables.map((rows) => rows.length));
        expect(headings.slice(1)).toEqual(calm.headings.slice(1));
        expect(codeBlocks).toBe(1);
        expect(count(comment, /^<details>/gm)).toBe(count(comment, /^<\/details>$/gm));
        for (const line of bareLines) for (const sign of ACTIVE) expect(line).not.toMatch(sign);
      }),
      { numRuns: 100 },
    );
  });

  test('as a code span in a cell is one span with the text in it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const span = formatCodeSpan(text, { cell: true });
        const { tables, bareLines } = readStructure(`\n| ${span} |`);
        expect(tables).toEqual([[1]]);
        expect(bareLines.join('').trim()).toBe(text === '' ? '| (empty) |' : '|   |');
      }),
    );
  });
});

const plainStructures = new Map<number, CommentStructure>();

/** The structure of the same comment with harmless texts. */
function structureOfPlain(length: number): CommentStructure {
  const known = plainStructures.get(length) ?? readStructure(renderComment(plainPlan(length), { template }));
  plainStructures.set(length, known);
  return known;
}

function requestersOf(names: readonly string[]): NonNullable<RollbackPlan['requesters']> {
  const counts = { puts: 1, deleteMarkers: 2, permanentDeletions: 3, keys: 4 };
  return { top: names.map((requester) => ({ requester, ...counts })), total: names.length };
}

function plainPlan(length: number): RollbackPlan {
  const plain = Array.from({ length }, (_, i) => `k${i}`);
  const options = {
    sampleKeys: plain,
    prefixes: ['a/', 'b/'],
    topPrefixes: plain.map((prefix) => ({ prefix, keys: 1 })),
    checks: (['blocking', 'info'] as const).map((level) => ({ code: 'C', level, message: 'm', hint: 'h' })),
  };
  return { ...buildSamplePlan(options), requesters: requestersOf(plain) };
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

test.each([
  ['', '(empty)'],
  ['plain/key.txt', '`plain/key.txt`'],
  ['a|b', '`a\\|b`'],
  ['a\\|b', '`a\\\\\\|b`'],
  ['`', '`` ` ``'],
  ['a``b', '`a``b`'],
  ['a`b``c', '```a`b``c```'],
  [' x  y ', '`\\u{20}x \\u{20}y\\u{20}`'],
  ['\u202egnp.exe', '`\\u{202e}gnp.exe`'],
  ['tab\tnew\nline', '`tab\\tnew\\nline`'],
])('code span of %j', (text, expected) => {
  expect(formatCodeSpan(text, { cell: true })).toBe(expected);
});

test('a long key keeps its ends and states its length', () => {
  const key = `start/${'é'.repeat(500)}/end.bin`;
  expect(formatCodeSpan(key, { cell: true, maxCharacters: 21 })).toBe(
    '`start/éééé…é/end.bin` (1,014 bytes)'.replace('é…é', 'é…éé'),
  );
});

test.each([
  ['12 keys, 3 % (at least)', '12 keys, 3 % (at least)'],
  ['ask @octocat, see #12', 'ask `@octocat,` see `#12`'],
  ['at $0.03 per 10,000', 'at $0.03 per 10,000'],
  ['use --markers copy', 'use `--markers` copy'],
  ['an `ordinal` column', 'an `ordinal` column'],
  ['aws s3api get-bucket-versioning --bucket b', '`aws s3api get-bucket-versioning --bucket b`'],
  ['aws and @octocat', 'aws and `@octocat`'],
  ['*a* _b_ <c> [d] e|f', '\\*a\\* \\_b\\_ \\<c\\> \\[d\\] e\\|f'],
])('sentence %j', (text, expected) => {
  expect(formatInlineText(text, 100)).toBe(expected);
});

test.each([
  ['manifests/scenario1.csv', '[f.csv](manifests/scenario1.csv)'],
  ['https://example.com/a b(c)', '[f.csv](https://example.com/a%20b%28c%29)'],
  ['https://example.com/?a=1&copy=2', '[f.csv](https://example.com/?a=1&amp;copy=2)'],
  ['javascript:alert(1)', 'f.csv'],
  ['x'.repeat(3000), 'f.csv'],
])('link to %j', (destination, expected) => {
  expect(formatLink('f.csv', destination)).toBe(expected);
});

test('no value ends an HTML comment', () => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const [, json = ''] = /^<!-- name (.*) -->$/.exec(formatJsonComment('name', { value })) ?? [];
      expect(json).not.toMatch(/--|[<>&]/);
      expect(JSON.parse(json)).toEqual({ value });
    }),
  );
});
