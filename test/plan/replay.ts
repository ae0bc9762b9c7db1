import type { Mode } from '../../src/s3/rollback.ts';
import type { PlannedKey } from './planner.ts';
import type { Stack } from './stacks.ts';

/**
 * A bucket in miniature that carries planned rows out, with the guards of semantics, section 5. A live entry knows
 * whose data it shows, so that two states compare.
 */

type LiveEntry = { versionId: string; isMarker: boolean; data: string };
type LiveStack = readonly LiveEntry[];

/** The data that a reader of the key sees, or null where the key is absent. */
type Visible = string | null;

const ADDED_MARKER: LiveEntry = { versionId: 'added', isMarker: true, data: '' };

/** A stack as it lies in the bucket before anything runs. */
export function liveStack(stack: Stack): LiveStack {
  return stack.map(({ versionId, isMarker }) => ({ versionId, isMarker, data: versionId }));
}

/** What a reader of the key sees. */
export function visible(stack: LiveStack): Visible {
  const [top] = stack;
  return top === undefined || top.isMarker ? null : top.data;
}

/** What a reader saw at P. */
export function visibleAtP(stack: Stack): Visible {
  return visible(liveStack(stack.filter((entry) => entry.at <= 0)));
}

/** What a reader sees once the markers on top that came after P are gone. */
export function visibleWithoutMarkers(stack: Stack): Visible {
  const top = stack.findIndex((entry) => !entry.isMarker);
  const run = top === -1 ? stack : stack.slice(0, top);
  if (stack[0] === undefined || stack[0].at <= 0) return visible(liveStack(stack));
  return visible(
    liveStack([...run.filter((entry) => entry.at <= 0), ...(top === -1 ? [] : stack.slice(top))]),
  );
}

/** Carries out the rows of one key. A row whose guard does not hold does nothing. */
export function carryOut(stack: LiveStack, planned: PlannedKey): LiveStack {
  const rows = planned.rows.map((row) => row.split(','));
  const expected = rows[0]?.[1];
  const [current] = stack;
  if (current === undefined || expected === undefined) return stack;
  if (planned.class === 'remove-delete-markers') {
    const ids = rows.map(([versionId]) => versionId);
    if (!ids.includes(current.versionId)) return stack;
    return stack.filter((entry) => !(entry.isMarker && ids.includes(entry.versionId)));
  }
  if (current.versionId !== expected) return stack;
  if (planned.class === 'add-delete-marker') return [ADDED_MARKER, ...stack];
  const source = stack.find((entry) => !entry.isMarker && entry.versionId === rows[0]?.[0]);
  return source === undefined ? stack : [{ ...source, versionId: 'copied' }, ...stack];
}

/** Undoes a removal of markers: one marker on top, if what the removal exposed is current. */
export function undo(stack: LiveStack, planned: PlannedKey): LiveStack {
  const exposed = planned.undo[0]?.split(',')[1];
  return (stack[0]?.versionId ?? '') === exposed ? [ADDED_MARKER, ...stack] : stack;
}

/** What a reader of the destination sees: the key in the bucket itself, or its copy in another one. */
export function visibleAfter(stack: Stack, planned: PlannedKey, mode: Mode): Visible {
  const live = liveStack(stack);
  if (mode !== 'copy-to-bucket') return visible(carryOut(live, planned));
  return planned.rows.length === 0 ? null : visible(carryOut(live, planned));
}
