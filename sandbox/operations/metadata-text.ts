const ENCODED_WORD = /=\?utf-8\?(?<encoding>[bq])\?(?<text>[^?]*)\?=/gi;
const BEYOND_ASCII = /[^\u0020-\u007e\t]/;

/**
 * User metadata as it is kept: encoded words of RFC 2047 decoded, bytes read as UTF-8 where they are UTF-8
 * ("Working with object metadata", non US-ASCII characters).
 * @param value header text, one character a byte, as Node.js reads it
 */
export function decodeMetadata(value: string): string {
  const decoded = value.replace(ENCODED_WORD, (_, encoding: string, text: string) =>
    encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString('utf8') : decodeQuoted(text),
  );
  if (decoded !== value) return decoded;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}

/** User metadata as it is sent: beyond US-ASCII, an encoded word of RFC 2047. */
export function encodeMetadata(value: string): string {
  return BEYOND_ASCII.test(value) ? `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=` : value;
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
