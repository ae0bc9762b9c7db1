import { S3Error } from '../http/errors.ts';
import { element } from '../http/xml.ts';
import { compareKeys } from '../key-index.ts';

const MAX_KEYS = 1000;

/** What the listings have in common: prefix, delimiter, page size and encoding. */
export type ListingRequest = {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly encodesUrls: boolean;
  /** Writes a key or marker as this listing has it. */
  readonly text: (value: string) => string;
};

/** @throws S3Error InvalidArgument */
export function parseListing(query: ReadonlyMap<string, string>): ListingRequest {
  const encoding = query.get('encoding-type') ?? '';
  if (encoding !== '' && encoding !== 'url') {
    throw new S3Error('InvalidArgument', {
      message: 'Invalid Encoding Method specified in Request',
      fields: { ArgumentName: 'encoding-type', ArgumentValue: encoding },
    });
  }
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: parseMaxKeys(query.get('max-keys')),
    encodesUrls: encoding === 'url',
    text: encoding === 'url' ? encodeListedKey : (value) => value,
  };
}

/** The common prefix that a key rolls up into, if any. */
export function commonPrefixOf(key: string, { prefix, delimiter }: ListingRequest): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Tells a walk where to begin: at the first key that is `start` or after it. */
export function fromKey(start: string): (key: string) => boolean {
  return (key) => compareKeys(key, start) >= 0;
}

/** Tells a walk where to begin: behind all keys that start with a prefix. */
export function afterPrefix(prefix: string): (key: string) => boolean {
  return (key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix);
}

export function commonPrefixElements(prefixes: readonly string[], { text }: ListingRequest): string {
  return prefixes
    .map((prefix) => `<CommonPrefixes>${element('Prefix', text(prefix))}</CommonPrefixes>`)
    .join('');
}

function parseMaxKeys(asked: string | undefined): number {
  if (asked === undefined || asked === '') return MAX_KEYS;
  if (!/^\d{1,10}$/.test(asked) || Number(asked) > 2_147_483_647) {
    throw new S3Error('InvalidArgument', {
      message: 'Provided max-keys not an integer or within integer range',
      fields: { ArgumentName: 'max-keys', ArgumentValue: asked },
    });
  }
  return Math.min(MAX_KEYS, Number(asked));
}

/** `encoding-type=url` as S3 writes it: a space is a plus sign, slashes stay. */
function encodeListedKey(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
