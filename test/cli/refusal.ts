import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { ERROR_KINDS, type ErrorCode } from '../../src/errors.ts';
import { BUCKET, HISTORY, POINT_IN_TIME, toCsv } from '../inventory/history.ts';
import { runCommand } from './run-command.ts';
import { listAll } from './scratch-folder.ts';

/** One line of a table of refusals. */
export type Refusal = {
  name: string;
  /** Files of the case by their path; a well-formed `inventory.csv` if there are none. */
  files?: Record<string, string | Buffer>;
  /** Paths given with --inventory, relative to the case; every file by default. */
  inventory?: readonly string[];
  /** Options that differ from those of a plan that succeeds; null leaves one out. */
  options?: Record<string, string | readonly string[] | null>;
  code: ErrorCode;
  message: RegExp;
  hint: RegExp;
};

let cases = 0;

/**
 * Runs `plan` with a case, and checks its refusal: code, exit status, message and hint on stderr, the same as one JSON
 * object on stdout, and not one file more than before.
 */
export async function expectRefusal(scratch: string, refusal: Refusal): Promise<void> {
  cases += 1;
  const folder = join(scratch, `case ${cases}`);
  const files = refusal.files ?? { 'inventory.csv': toCsv(HISTORY) };
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const inventory = (refusal.inventory ?? Object.keys(files)).map((name) => inFolder(folder, name));
  const before = listAll(folder);
  const result = await runCommand(...planArguments(folder, inventory, refusal.options ?? {}));

  expect(result.stderr, refusal.name).toMatch(/^[A-Z_]+: .+\nNext: .+\n$/);
  const [fact = '', next = ''] = result.stderr.split('\n');
  expect(fact.slice(0, fact.indexOf(':'))).toBe(refusal.code);
  expect(fact.slice(fact.indexOf(':') + 2)).toMatch(refusal.message);
  expect(next).toMatch(refusal.hint);
  expect(result.status).toBe(ERROR_KINDS[refusal.code].exit);
  const { error } = JSON.parse(result.stdout);
  expect(error).toMatchObject({ code: refusal.code, message: expect.any(String), hint: expect.any(String) });
  expectInert(result.stdout);
  expectInert(result.stderr);
  expect(listAll(folder)).toEqual(before);
}

/** Paths of other schemes, and empty ones, are taken as they stand. */
function inFolder(folder: string, name: string): string {
  return name === '' || name.includes('://') ? name : join(folder, name);
}

function planArguments(
  folder: string,
  inventory: readonly string[],
  changed: NonNullable<Refusal['options']>,
): string[] {
  const options: NonNullable<Refusal['options']> = {
    inventory,
    bucket: BUCKET,
    timestamp: POINT_IN_TIME,
    out: join(folder, 'out'),
    ...changed,
  };
  if (typeof changed.out === 'string' && changed.out !== '') options.out = inFolder(folder, changed.out);
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, ...(typeof value === 'string' ? [value] : value)],
  );
  return ['plan', ...given, '--quiet', '--json'];
}

/** Nothing may move the cursor, colour the screen or turn the reading direction, except the ends of lines. */
export function expectInert(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
}
