/** Characters that every URL encoding leaves alone, and a comma or a quote is not among them. */
const PLAIN = /^[A-Za-z0-9\-_.!~*'()/]*$/;

/**
 * Decodes a key of an answer with `encoding-type=url`. S3 writes a space as `+` and a plus sign as `%2B`.
 * @throws URIError when the bytes are not UTF-8
 */
export function decodeListedKey(text: string): string {
  return PLAIN.test(text) ? text : decodeURIComponent(text.replaceAll('+', '%20'));
}

/** URL-encodes a key so that decoders which read `+` as a space and those which do not agree; slashes stay. */
export function encodeKey(key: string): string {
  return PLAIN.test(key) ? key : encodeURIComponent(key).replaceAll('%2F', '/');
}
