/**
 * What an IAM policy document may hold (API_PutRolePolicy: tab, line breaks, U+0020 to U+00FF), less what differs
 * between services in how it is written down.
 */
const PLAIN = /^[\x20-\x7e]*/;

/**
 * A literal prefix of keys as the end of a resource ARN, without its trailing wildcard. `*` and `?` would be wildcards
 * and `$` could begin a variable: each has a variable of its own that stands for itself (IAM User Guide, "Policy
 * variables"). A prefix that a policy document cannot hold is cut before the first such character, which widens it.
 */
export function iamPrefix(prefix: string): string {
  return (PLAIN.exec(prefix)?.[0] ?? '').replace(/[*?$]/g, (character) => `\${${character}}`);
}

/**
 * The scope of a role as encoded prefixes, none of which begins with another. Where they are too long for a policy
 * together, what they all begin with takes their place: wider, never narrower.
 * @param prefixes literal prefixes; none means the whole bucket
 * @param maxCharacters of all encoded prefixes together
 */
export function iamScope(prefixes: readonly string[], maxCharacters: number): string[] {
  const plain = [...new Set(prefixes.map((prefix) => PLAIN.exec(prefix)?.[0] ?? ''))];
  const outermost = plain.filter(
    (prefix) => !plain.some((other) => other !== prefix && prefix.startsWith(other)),
  );
  const encoded = outermost.map(iamPrefix);
  if (encoded.length === 0) return [''];
  const length = encoded.reduce((total, prefix) => total + prefix.length + ARN_CHARACTERS, 0);
  return length <= maxCharacters ? encoded : [iamPrefix(commonStart(outermost))];
}

/** An ARN around a prefix: partition, bucket of 63 characters, quotes. */
const ARN_CHARACTERS = 90;

function commonStart(texts: readonly string[]): string {
  return texts.reduce((common, text) => {
    let length = 0;
    while (length < common.length && common[length] === text[length]) length += 1;
    return common.slice(0, length);
  });
}
