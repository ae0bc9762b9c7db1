import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Error } from './errors.ts';
import { DECLARATION, element } from './xml.ts';

export type S3Response = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** A document, bytes, or a stream of bytes. */
  readonly body?: string | Buffer | Iterable<Buffer>;
};

export type RequestIds = { readonly requestId: string; readonly hostId: string };

/** An XML document as the answer. */
export function xmlResponse(body: string, headers: S3Response['headers'] = {}): S3Response {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** The error document ("Error responses"); HEAD and 304 carry none. */
export function errorResponse(error: S3Error, ids: RequestIds): S3Response {
  const fields = Object.entries(error.fields).map(([name, value]) => element(name, value));
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...error.headers },
    body: `${DECLARATION}<Error>${element('Code', error.code)}${element('Message', error.message)}${fields.join('')}${element('RequestId', ids.requestId)}${element('HostId', ids.hostId)}</Error>`,
  };
}

/** Writes an answer; a HEAD answer keeps its headers and loses its body. */
export async function writeResponse(
  outgoing: ServerResponse,
  response: S3Response,
  options: { isHead: boolean; date: number; server: string } & RequestIds,
): Promise<void> {
  const headers: Record<string, string> = {
    'x-amz-request-id': options.requestId,
    'x-amz-id-2': options.hostId,
    date: new Date(options.date).toUTCString(),
    server: options.server,
  };
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (value !== undefined) headers[name] = value;
  }
  const { body = '' } = response;
  const bodiless = options.isHead || response.status === 204 || response.status === 304;
  // What a HEAD answer with a body would have come with: without a word on its length, a client gives the connection up.
  if (options.isHead && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    if (!bodiless) headers['content-length'] ??= String(Buffer.byteLength(body));
    outgoing.writeHead(response.status, headers);
    outgoing.end(bodiless ? undefined : body);
  } else {
    outgoing.writeHead(response.status, headers);
    if (bodiless) outgoing.end();
    else await pipeline(Readable.from(body), outgoing);
  }
}
