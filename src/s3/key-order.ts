/**
 * Compares keys as S3 lists them: by the bytes of their UTF-8 form (API_ListObjectVersions). JavaScript compares
 * UTF-16 units, which puts characters beyond U+FFFF (surrogates D800-DFFF) before U+E000-U+FFFF; in UTF-8 they come
 * after.
 * @returns below 0 when `left` comes first, above 0 when `right` does, 0 when they are the same
 */
export function compareKeys(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return utf8Rank(a) - utf8Rank(b);
  }
  return left.length - right.length;
}

/** Length of the text that two keys begin with, in UTF-16 units; never ends inside a character. */
export function sharedPrefixLength(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  let length = 0;
  while (length < shared && left.charCodeAt(length) === right.charCodeAt(length)) length += 1;
  return length > 0 && isHighSurrogate(left.charCodeAt(length - 1)) ? length - 1 : length;
}

function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
