import { S3Error } from '../http/errors.ts';

const MAX_OBJECT_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** Letters, numbers, spaces, and + - = . _ : / @ */
const TAG_TEXT = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;

/** Tags of the header `x-amz-tagging`, which holds them as URL query parameters. */
export function parseTagHeader(header: string | undefined): ReadonlyMap<string, string> {
  return header === undefined ? new Map() : checkTags([...new URLSearchParams(header)]);
}

/**
 * Checks tags against the limits of object tagging ("Categorizing your objects using tags").
 * @throws S3Error BadRequest, InvalidTag
 */
export function checkTags(tags: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  if (tags.length > MAX_OBJECT_TAGS) {
    throw new S3Error('BadRequest', { message: 'Object tags cannot be greater than 10' });
  }
  const checked = new Map<string, string>();
  for (const [key, value] of tags) {
    if (key === '' || key.length > MAX_KEY_LENGTH || key.startsWith('aws:')) throw new S3Error('InvalidTag');
    if (!TAG_TEXT.test(key)) throw new S3Error('InvalidTag');
    if (value.length > MAX_VALUE_LENGTH || !TAG_TEXT.test(value)) {
      throw new S3Error('InvalidTag', { message: 'The TagValue you have provided is invalid' });
    }
    if (checked.has(key)) {
      throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
    }
    checked.set(key, value);
  }
  return checked;
}
