import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The direction of imports (docs/architecture.md): a file imports only what stands to its left. Adapters (`aws`,
 * `github`) know the vocabulary alone, and a vendor's package is imported in one place.
 */
const ORDER = [
  'errors',
  'progress',
  'pace',
  'folder-lock',
  's3',
  'render',
  'bootstrap',
  'engine',
  'inventory',
  'plan',
  'review',
  'approve',
  'execute',
  'deploy',
  'verify',
  'undo',
  'set',
  'freeze',
  'cleanup',
  'retention',
  'doctor',
  'drill',
  'cli',
  'actions',
];
/** Where adapters are handed to stages. */
const ENTRIES = ['cli', 'actions'];
const ADAPTERS: Record<string, readonly string[]> = { aws: ['errors', 's3'], github: ['errors', 's3'] };

/** A vendor, and the only folders that may import it. */
const VENDORS: [pattern: RegExp, folders: readonly string[]][] = [
  [/^@duckdb\//, ['engine']],
  [/^handlebars$/, ['render']],
  [/^commander$/, ['cli']],
  [/^@aws-sdk\//, ['aws']],
  [/^@smithy\//, ['aws']],
  [/^@actions\//, ['github']],
  [/^@octokit\//, ['github']],
  [/^(ora|cli-table3)$/, ['cli']],
  [/^esbuild$/, ['render']],
];

const SOURCE = resolve(import.meta.dirname, '../../src');
const LAMBDA = resolve(import.meta.dirname, '../../lambda');
/** What the task function is made of: nothing else may get into its bundle. */
const LAMBDA_PARTS = ['errors', 'pace', 's3', 'aws', 'execute'];

type Import = { file: string; from: string; to: string | null; specifier: string; typeOnly: boolean };

function* sourceFiles(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sourceFiles(path);
    else if (name.endsWith('.ts')) yield path;
  }
}

/** `src/errors.ts` is the part `errors`; `src/plan/digest.ts` is of the part `plan`. */
function partOf(path: string): string {
  return relative(SOURCE, path).split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...found].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const to = specifier.startsWith('.') ? partOf(join(dirname(file), specifier)) : null;
    return {
      file: relative(SOURCE, file),
      from: partOf(file),
      to,
      specifier,
      typeOnly: match[1] !== undefined,
    };
  });
}

const imports = [...sourceFiles(SOURCE)].flatMap(importsOf);

describe('imports', () => {
  test('there are some to look at', () => expect(imports.length).toBeGreaterThan(50));

  test.each(imports.filter(({ to }) => to !== null && to !== '..'))(
    '$file → $specifier',
    ({ from, to, file }) => {
      if (to === null || from === to || to.endsWith('.json')) return;
      const allowed = ADAPTERS[from];
      if (allowed !== undefined) {
        expect(allowed, `${file}: an adapter knows ${allowed.join(' and ')} only`).toContain(to);
        return;
      }
      expect(to, `${file}: only an action's main.ts knows of actions`).not.toBe('actions');
      if (ENTRIES.includes(from)) return;
      expect(Object.keys(ADAPTERS), `${file}: a stage takes the calls it needs as parameters`).not.toContain(
        to,
      );
      expect(ORDER, `${from} has no place in the order`).toContain(from);
      expect(ORDER.indexOf(to), `${file}: ${to} stands to the right of ${from}`).toBeLessThan(
        ORDER.indexOf(from),
      );
    },
  );

  test.each(imports.filter(({ to, typeOnly }) => to === null && !typeOnly))(
    '$file uses $specifier',
    (found) => {
      for (const [pattern, folders] of VENDORS) {
        if (!pattern.test(found.specifier)) continue;
        expect(
          folders,
          `${found.file}: ${found.specifier} belongs into src/${folders.join(', src/')}`,
        ).toContain(found.from);
      }
    },
  );
});

describe('the task function', () => {
  const own = [...sourceFiles(LAMBDA)].flatMap(importsOf);

  test.each(own)('$file → $specifier', ({ specifier, to }) => {
    if (specifier.startsWith('./')) return;
    if (to === null) expect(specifier).toMatch(/^node:/);
    else expect(LAMBDA_PARTS).toContain(to);
  });

  test('is entered from outside only where it is bundled', () => {
    expect(imports.filter(({ specifier }) => specifier.includes('lambda/'))).toEqual([]);
  });
});

describe('files', () => {
  test.each([...sourceFiles(SOURCE), ...sourceFiles(LAMBDA)].map((path) => relative(SOURCE, path)))(
    '%s stays small',
    (path) => {
      expect(readFileSync(join(SOURCE, path), 'utf8').split('\n').length).toBeLessThanOrEqual(400);
      expect(path).not.toMatch(/(^|\/)(utils?|helpers?|common|misc|manager|service)\.ts$/);
    },
  );
});
