import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { ERROR_KINDS } from '../../src/errors.ts';
import { copyPolicies } from '../../src/execute/copy-policies.ts';

/** What the pages claim of the code: anchors, error codes, commands and their options, policies, dependencies. */

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const blocksOf = (text: string, language: string) =>
  [...text.matchAll(/^([ ]*)```(\w*)\n([\s\S]*?)^\1```$/gm)]
    .filter(([, , name]) => name === language)
    .map(([, , , block = '']) => block);

/** The anchors of a page as GitHub makes them; a heading that comes twice gets a number. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  const text = read(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

test.each(PAGES)('%s: every anchor that it links to is a heading there', (page) => {
  for (const [, target = '', anchor = ''] of read(page).matchAll(/\]\(([^)\s#]*)#([^)\s]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    const other = target === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), target));
    if (other.endsWith('.md'))
      expect([...anchorsOf(other)], `${page} → ${target}#${anchor}`).toContain(anchor);
  }
});

describe('commands in the pages', () => {
  const program = buildProgram();
  const mentions = PAGES.flatMap((page) =>
    blocksOf(read(page), 'sh')
      .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
      .flatMap((line) => {
        const [, name, rest = ''] =
          /\bs3-rewind (?:-- )?([a-z-]+)(.*)/.exec(line.replace(/\s#.*$/, '')) ?? [];
        if (name === undefined || /^\s*(?:alias|git|cd)\b/.test(line)) return [];
        return [
          { page, name, options: [...rest.matchAll(/\s(--[\w-]+)/g)].map(([, option = '']) => option) },
        ];
      }),
  );

  test('are many', () => expect(mentions.length).toBeGreaterThan(20));

  test.each(mentions)('$page: $name $options', ({ page, name, options }) => {
    const command = program.commands.find((one) => one.name() === name);
    if (name === 'help') return;
    expect(command, `${page} names the command ${name}`).toBeDefined();
    const known = command?.options.flatMap(({ long }) => long ?? []) ?? [];
    for (const option of options) expect([...known, '--help'], `${page}: ${name}`).toContain(option);
  });
});

test('troubleshooting names every error code, and no other', () => {
  const named = new Set(
    [...read('docs/troubleshooting.md').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code = '']) => code),
  );
  // It comes from the starter, before the command line is there.
  named.delete('NODE_TOO_OLD');
  expect([...named].toSorted()).toEqual(Object.keys(ERROR_KINDS).toSorted());
});

test.each(PAGES)('%s: what is shown as JSON is JSON', (page) => {
  for (const block of blocksOf(read(page), 'json')) expect(() => JSON.parse(block), block).not.toThrow();
});

test('the policies of docs/cross-account.md are those that --print-policies prints', () => {
  const shown = blocksOf(read('docs/cross-account.md'), 'json').map((block) => JSON.parse(block));
  const printed = copyPolicies('my-bucket', 'my-copy', 'arn:aws:iam::111122223333:role/rollback');
  expect(shown.slice(0, 2)).toEqual(printed.map(({ policy }) => policy));
});

test('docs/dependencies.md lists the dependencies of package.json, with their licences', () => {
  const packages = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const names = Object.keys({ ...packages.dependencies, ...packages.optionalDependencies });
  const { packages: installed } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { license?: string }>;
  };
  const listed = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)];
  expect(listed.map(([, name = '', licence = '']) => [name, licence])).toEqual(
    names.map((name) => [name, installed[`node_modules/${name}`]?.license]),
  );
});
