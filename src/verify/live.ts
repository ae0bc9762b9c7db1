import { forEachConcurrently } from '../execute/concurrently.ts';
import { describeEntry, type KeyProof } from '../execute/key-proof.ts';
import { type EndedKey, exposedByRemoval } from '../execute/outcome-rows.ts';
import { proveKeys } from '../execute/prove-keys.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import type { PlannedRow } from '../s3/manifest.ts';
import { FULFILLED_OUTCOMES } from '../s3/outcome.ts';
import type { Operation } from '../s3/rollback.ts';
import type { StorageClassChoice } from '../s3/storage-class.ts';
import { compareCopy } from './compare-copy.ts';

/** The calls of level 2; none changes anything. */
export type LiveCalls = Pick<S3Calls, 'listVersions' | 'headObject' | 'readTags'>;

export type LiveChecker = {
  calls: LiveCalls;
  read<T>(request: () => Promise<T>): Promise<T>;
  writtenBucket: string;
  storageClass: StorageClassChoice;
  /** S3's own copy job leaves the redirect of a website behind */
  keepsRedirect: boolean;
};

/** A key that is not what the plan promised. */
export type Difference = { key: string; expected: string; found: string };

const CHECKS_IN_FLIGHT = 32;

/** Whether every row of a key ended as planned; otherwise the plan promises nothing of it. */
export function isActedOn({ rows }: EndedKey): boolean {
  return rows.every(({ result }) => FULFILLED_OUTCOMES.includes(result.outcome));
}

/**
 * Compares the current entry of acted keys with what the plan promised (semantics, section 7, level 2).
 * @returns the differences, in the order of the keys
 */
export async function compareLive(
  checker: LiveChecker,
  operation: Operation,
  keys: readonly EndedKey[],
): Promise<Difference[]> {
  const asked = keys.map((key) => ({ key: key.key, rows: rowsToAsk(operation, key) }));
  const prover = { calls: checker.calls, read: checker.read, history: () => ({ intents: [] }) };
  const proofs = await proveKeys(prover, checker.writtenBucket, asked);
  const differences = new Map<string, Difference>();
  await forEachConcurrently(keys, CHECKS_IN_FLIGHT, async (key) => {
    const proof = proofs.get(key.key);
    if (proof === undefined) return;
    const expected = await compareKey(checker, operation, key, proof);
    if (expected === null) return;
    differences.set(key.key, { key: key.key, expected, found: describeEntry(proof.current) });
  });
  return keys.flatMap(({ key }) => differences.get(key) ?? []);
}

/**
 * The rows of a key, without the versions that need no look of their own: the source of a copy is compared in full
 * anyway, and planned markers lay above the entry that they gave way to, so that none of them is left where that entry
 * is current.
 */
function rowsToAsk(operation: Operation, key: EndedKey): PlannedRow[] {
  const looksAtMarkers = operation === 'remove-delete-markers' && exposedBy(key) === null;
  return key.rows.map(({ row }) => (looksAtMarkers ? row : { ...row, versionId: null }));
}

/** The entry that came to the top when the markers of a key went. Of markers that were gone before the run, the plan alone knows it. */
function exposedBy(key: EndedKey): string | null {
  return exposedByRemoval(key) ?? key.rows[0]?.row.exposedVersionId ?? null;
}

/** @returns what was expected, where it is not so */
async function compareKey(
  checker: LiveChecker,
  operation: Operation,
  key: EndedKey,
  proof: KeyProof,
): Promise<string | null> {
  switch (operation) {
    case 'add-delete-marker':
      return compareAdded(key, proof);
    case 'remove-delete-markers':
      return compareRemoved(key, proof);
    default:
      return await compareCopied(checker, key, proof);
  }
}

function compareAdded({ rows: [first] }: EndedKey, { current }: KeyProof): string | null {
  const markerId = first?.result.newVersionId ?? null;
  if (current.kind === 'marker' && (markerId === null || markerId === current.versionId)) return null;
  return `delete marker ${markerId ?? ''} on top`;
}

function compareRemoved(key: EndedKey, proof: KeyProof): string | null {
  const left = key.rows.find(({ row }) => proof.markers.has(row.versionId ?? ''));
  if (left !== undefined) return `delete marker ${left.row.versionId} gone`;
  const exposed = exposedBy(key);
  const { current } = proof;
  // Nothing lies below, or the plan did not know which of several would come to the top.
  if (exposed === null) return null;
  return current.kind !== 'none' && current.versionId === exposed ? null : `version ${exposed} on top`;
}

async function compareCopied(
  checker: LiveChecker,
  { rows: [first] }: EndedKey,
  { current, head }: KeyProof,
): Promise<string | null> {
  if (first === undefined) return null;
  const { row, result } = first;
  if (current.kind !== 'version') return `a copy of version ${row.versionId} on top`;
  if (result.newVersionId !== null && current.versionId !== result.newVersionId) {
    return `the copy ${result.newVersionId} on top`;
  }
  const copy = { versionId: current.versionId, head };
  const difference = await compareCopy(checker, row, copy, result.outcome === 'already');
  return difference === null ? null : `${difference} as in version ${row.versionId}`;
}
