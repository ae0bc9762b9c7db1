import { createHash } from 'node:crypto';

/** What a plan says of the content of a file: where it has parts, the SHA-256 is over the SHA-256s of the parts. */
export type HashedFile = { path: string; sha256: string; parts?: readonly number[] | undefined };

/** The SHA-256 by which a plan names the content of a file, in one pass, whatever its size. */
export async function hashContent(
  chunks: AsyncIterable<Uint8Array>,
  parts: readonly number[] | undefined,
): Promise<string> {
  const whole = createHash('sha256');
  if (parts === undefined) {
    for await (const chunk of chunks) whole.update(chunk);
    return `sha256:${whole.digest('hex')}`;
  }
  let number = 0;
  let left = parts[0] ?? 0;
  let part = createHash('sha256');
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      if (number >= parts.length) return 'longer than its parts';
      const own = rest.subarray(0, left);
      part.update(own);
      left -= own.length;
      rest = rest.subarray(own.length);
      if (left > 0) continue;
      whole.update(part.digest());
      part = createHash('sha256');
      number += 1;
      left = parts[number] ?? 0;
    }
  }
  return number === parts.length ? `sha256:${whole.digest('hex')}` : 'shorter than its parts';
}
