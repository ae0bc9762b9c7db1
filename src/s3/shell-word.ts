import { printable } from './printable.ts';

/** What no POSIX shell reads as anything but itself; `~` is not among them, as it may begin a home folder. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/**
 * A name as one word of a command line that a person pastes into a POSIX shell: as it is where that is safe, quoted
 * otherwise. Characters without a shape are shown as escapes, so a name that has them cannot be pasted.
 */
export function shellWord(text: string): string {
  const shown = printable(text);
  return PLAIN_WORD.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
