import { decodeKey } from '../../s3/manifest.ts';
import { countSplits, type ManifestSize, type Split, splitAt } from '../split.ts';

/** "Specifying a manifest": keys of a LambdaInvoke job have at most 1,024 characters. */
const MAX_TASK_KEY_CHARACTERS = 1_024;

/**
 * A split as the key of a task: JSON, URL-encoded, as AWS documents it ("Providing task-level information in Lambda
 * manifests").
 */
export function formatTaskKey({ number, start, end }: Split): string {
  return encodeURIComponent(JSON.stringify({ split: number, start, end }));
}

/**
 * Reads the key of a task, which anyone who may create a job could have written: it is taken only if it names a split
 * of the manifest by its very range.
 * @returns the split, or why it is none
 */
export function parseTaskKey(text: unknown, manifest: ManifestSize): Split | string {
  if (typeof text !== 'string' || text.length > MAX_TASK_KEY_CHARACTERS) return 'the key is too long';
  let value: unknown;
  try {
    value = JSON.parse(decodeKey(text) ?? '');
  } catch {
    return 'the key is not URL-encoded JSON';
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) {
    return 'the key is not {"split", "start", "end"}';
  }
  const { split, start, end } = value as Record<string, unknown>;
  if (!isCount(split) || !isCount(start) || !isCount(end)) return 'split, start and end are whole numbers';
  if (split >= countSplits(manifest)) return `the manifest has ${countSplits(manifest)} splits`;
  const expected = splitAt(manifest, split);
  if (start !== expected.start || end !== expected.end) {
    return `split ${split} is the range from ${expected.start} to ${expected.end}`;
  }
  return expected;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
