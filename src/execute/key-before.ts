import { MAX_KEY_BYTES } from '../s3/rollback.ts';

/** Below it are controls and the space, which some stores mangle in a marker. */
const FIRST_PLAIN_CHARACTER = 0x22;

/**
 * A key marker that sorts before a key with as little as possible between the two: a listing starts after its
 * marker, so this makes it start at the key. What lies between is listed too and does no harm.
 */
export function keyBefore(key: string): string {
  const characters = [...key];
  const last = characters.pop()?.codePointAt(0) ?? 0;
  const head = characters.join('');
  if (last < FIRST_PLAIN_CHARACTER) return head;
  // U+D800 to U+DFFF are no characters.
  const marker = head + String.fromCodePoint(last === 0xe000 ? 0xd7ff : last - 1);
  return Buffer.byteLength(marker) < MAX_KEY_BYTES ? `${marker}~` : marker;
}
