import { type KeyRows, outcomeOf, type TaskContext } from './task-context.ts';

/** Archived versions are left to `restore-archived` (semantics, section 3): no request is sent. */
export async function listedRound(context: TaskContext, keys: readonly KeyRows[]): Promise<void> {
  for (const { rows } of keys) {
    for (const row of rows) {
      const detail = `${row.storageClass ?? 'the archive class'} needs to be restored first`;
      context.settle(row, outcomeOf('archived', { detail }));
    }
  }
}
