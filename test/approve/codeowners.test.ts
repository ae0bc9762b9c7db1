import { expect, test } from 'vitest';
import { ownersOf } from '../../src/approve/codeowners.ts';

const PLAN = 'rollbacks/rb-1/plan.json';

/** CODEOWNERS, a path, and who owns it. */
test.each([
  ['* @a', PLAN, ['a']],
  ['* @a\n* @b @o/t', PLAN, ['b', 'o/t']],
  ['/rollbacks/ @a', PLAN, ['a']],
  ['rollbacks/ @a', PLAN, ['a']],
  ['rollbacks @a', PLAN, ['a']],
  ['/rollbacks/* @a', PLAN, []],
  ['/rollbacks/** @a', PLAN, ['a']],
  ['**/plan.json @a', PLAN, ['a']],
  ['rollbacks/**/plan.json @a', PLAN, ['a']],
  ['rollbacks/**/plan.json @a', 'rollbacks/plan.json', ['a']],
  ['plan.json @a', PLAN, ['a']],
  ['*.json @a', PLAN, ['a']],
  ['/plan.json @a', PLAN, []],
  ['/rollback @a', PLAN, []],
  ['rb-?/ @a', PLAN, ['a']],
  ['* @a\n/rollbacks/', PLAN, []],
  ['* @a # @b', PLAN, ['a']],
  ['# * @a', PLAN, []],
  ['* @a\n!rollbacks/ @b', PLAN, ['a']],
  ['* @a\nrollbacks/[r]b-1/ @b', PLAN, ['a']],
  ['* someone@example.com', PLAN, []],
  ['* a', PLAN, []],
  ['with\\ space/ @a', 'with space/x', ['a']],
  ['rollback.* @a', 'rollbackXs/x', []],
  ['* @a\r\n/docs/ @b\r\n', PLAN, ['a']],
  ['', PLAN, []],
])('%j, %s', (text, path, expected) => {
  const owners = ownersOf(text, path).map((owner) =>
    owner.kind === 'user' ? owner.login : `${owner.organisation}/${owner.team}`,
  );
  expect(owners).toEqual(expected);
});
