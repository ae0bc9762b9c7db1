import type { Bucket } from '../sandbox/bucket.ts';

/** What a bucket's readers see: every key that has a current object version, and the identity of its data. */
export function currentContents(bucket: Bucket): Map<string, string> {
  const contents = new Map<string, string>();
  for (const [key] of bucket.stacks.from(() => true)) {
    const current = bucket.current(key);
    if (current?.isDeleteMarker === false) contents.set(key, current.content.identity);
  }
  return contents;
}

export function haveSameContents(one: Map<string, string>, other: Map<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, identity]) => other.get(key) === identity);
}
