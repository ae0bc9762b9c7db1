import type { IncomingMessage } from 'node:http';
import { decodeBody } from './body.ts';
import { S3Error } from './errors.ts';

const MAX_KEY_BYTES = 1024;
/** Host names after which the leading part names the bucket (virtual-hosted style). */
const VIRTUAL_HOST = /^(?<bucket>.+?)\.(?:s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com|s3\.localhost|localhost)$/;
const SERVICE_HOST = /^(?:s3\.localhost|localhost|s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com)$/;

/** A request as S3 sees it: bucket and key from either addressing style, and a body without transfer encodings. */
export type S3Request = {
  readonly method: string;
  readonly host: string;
  /** Path as sent, percent-encoded, for routes that are not S3's. */
  readonly path: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  /** The query as sent, for routes that take a parameter more than once. */
  readonly search: string;
  /** With the trailers of a chunked upload: the SDK sends checksums there. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
};

/** @throws S3Error InvalidURI, KeyTooLongError */
export async function readRequest(incoming: IncomingMessage): Promise<S3Request> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = decodeBody(Buffer.concat(chunks), headers);

  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const host = (headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase();
  const { bucket, key } = splitAddress(host, path);
  if (key !== undefined) assertKeyLength(key);
  const search = mark < 0 ? '' : target.slice(mark + 1);
  const query = new Map(new URLSearchParams(search));
  return { method: incoming.method ?? 'GET', host, path, bucket, key, query, search, headers, body };
}

/** @throws S3Error KeyTooLongError */
export function assertKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new S3Error('KeyTooLongError', {
    fields: { Size: String(bytes), MaxSizeAllowed: String(MAX_KEY_BYTES) },
  });
}

function splitAddress(host: string, path: string): { bucket: string | undefined; key: string | undefined } {
  const virtual = SERVICE_HOST.test(host) ? undefined : VIRTUAL_HOST.exec(host)?.groups?.bucket;
  const rest = path.replace(/^\//, '');
  if (virtual !== undefined) return { bucket: virtual, key: rest === '' ? undefined : decodePath(rest) };
  const slash = rest.indexOf('/');
  const bucket = decodePath(slash < 0 ? rest : rest.slice(0, slash));
  const key = slash < 0 ? '' : rest.slice(slash + 1);
  return { bucket: bucket === '' ? undefined : bucket, key: key === '' ? undefined : decodePath(key) };
}

/** Percent-decoding as UTF-8; a plus sign in a path is a plus sign. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
