import { RunbookError } from '../errors.ts';
import { MODE_CLASSES, scenarioOf } from '../s3/rollback.ts';
import type { CountRow, Totals } from './classify.ts';
import type { ClassCount, PlanInputs } from './plan-file.ts';

/**
 * Adds the counts up to classes, under the conservation law (semantics, section 3): every key in scope is in exactly
 * one class, and every entry belongs to a key of a class. Two independent passes have to agree: what the scan counted
 * on the way, and what the classification found.
 * @throws RunbookError CONSERVATION_VIOLATED
 */
export function addUpClasses(totals: Totals, counts: readonly CountRow[], inputs: PlanInputs): ClassCount[] {
  const classifiesAllKeys = inputs.mode === 'copy-to-bucket';
  const sum = (field: 'keys' | 'entries' | 'afterEntries') =>
    counts.reduce((total, row) => total + row[field], 0);

  const foreign = counts.find((row) => !MODE_CLASSES[inputs.mode].includes(row.class));
  if (foreign !== undefined) {
    throw violation(
      `${foreign.keys} keys are of the class '${foreign.class}', which ${inputs.mode} does not have`,
    );
  }
  const expectedKeys = classifiesAllKeys ? totals.keysInScope : totals.changedKeys;
  assertEqual('classified keys', sum('keys'), expectedKeys);
  assertEqual('entries after the point in time', sum('afterEntries'), totals.afterEntries);
  const unclassified = {
    keys: totals.keysInScope - sum('keys'),
    entries: totals.entriesInScope - sum('entries'),
  };
  // A key has one entry at least, so keys without an entry, or entries without a key, cannot be.
  if (
    classifiesAllKeys
      ? unclassified.entries !== 0
      : unclassified.keys < 0 || unclassified.entries < unclassified.keys
  ) {
    throw violation(
      `${unclassified.keys} keys with ${unclassified.entries} entries are left without a class`,
    );
  }
  if (unclassified.keys === 0 && unclassified.entries !== 0) {
    throw violation(`${unclassified.entries} entries are left without a key`);
  }

  return MODE_CLASSES[inputs.mode].map((name) => {
    const rows = counts.filter((row) => row.class === name);
    const rest = name === 'unchanged' ? unclassified : { keys: 0, entries: 0 };
    return {
      class: name,
      scenario: scenarioOf(inputs.mode, name),
      keys: rows.reduce((total, row) => total + row.keys, rest.keys),
      entries: rows.reduce((total, row) => total + row.entries, rest.entries),
      bytes: rows.reduce((total, row) => total + row.bytes, 0),
    };
  });
}

function assertEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw violation(`${what}: the classes hold ${found}, the scan counted ${expected}`);
}

function violation(fact: string): RunbookError {
  return new RunbookError('CONSERVATION_VIOLATED', `The classes do not add up to what was read: ${fact}.`, {
    hint: 'do not go on; take the inventory again, and if it stays, report this message',
  });
}
