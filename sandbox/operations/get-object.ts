import { readContent } from '../content.ts';
import { isArchived, type ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Response } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { requestedVersion } from './access.ts';
import { versionHeaders } from './attributes.ts';
import { assertReadConditions } from './conditions.ts';
import { assertCustomerKey } from './encryption.ts';

type ByteRange = { start: number; end: number };

/** API_GetObject; an archived object can be looked at with HEAD, not read. */
function getObject(context: OperationContext): S3Response {
  const { version } = requestedVersion(context);
  if (isArchived(version, context.store.context.clock.now())) throw archivedError(version);
  const { response, range } = describe(context);
  return { ...response, body: readContent(version.content, range.start, range.end) };
}

/** API_HeadObject */
function headObject(context: OperationContext): S3Response {
  return describe(context).response;
}

/** @throws S3Error InvalidObjectState (403) as the answer to a read or copy of archived data */
export function archivedError(version: ObjectVersion): S3Error {
  const { archiveStatus, storageClass } = version.attributes;
  return new S3Error('InvalidObjectState', {
    ...(archiveStatus === undefined
      ? {}
      : { message: "The operation is not valid for the object's access tier" }),
    fields: {
      StorageClass: storageClass,
      ...(archiveStatus === undefined ? {} : { AccessTier: archiveStatus }),
    },
  });
}

function describe(context: OperationContext): { response: S3Response; range: ByteRange } {
  const { request, store } = context;
  const { bucket, version } = requestedVersion(context);
  assertReadConditions(version, request.headers);
  assertCustomerKey(version, request.headers);
  const { size } = version.content;
  const part = requestedPart(request.query.get('partNumber'), version);
  const range = part ?? requestedRange(request.headers.get('range'), size);
  const { start, end } = range ?? { start: 0, end: size };
  const headers = {
    ...versionHeaders(bucket, version, request.headers, store.context.clock.now()),
    'content-length': String(end - start),
    'content-range': range === undefined ? undefined : `bytes ${start}-${Math.max(start, end - 1)}/${size}`,
    'x-amz-mp-parts-count':
      part === undefined || version.attributes.partSizes === undefined
        ? undefined
        : String(version.attributes.partSizes.length),
    ...responseOverrides(request.query),
  };
  return { response: { status: range === undefined ? 200 : 206, headers }, range: { start, end } };
}

/** One range, as S3 serves; a header that is no range is ignored (RFC 9110, section 14.2). */
function requestedRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || header === 'bytes=-') return undefined;
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new S3Error('InvalidRange', {
      fields: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    });
  }
  return start < end ? { start, end } : undefined;
}

function requestedPart(partNumber: string | undefined, version: ObjectVersion): ByteRange | undefined {
  if (partNumber === undefined) return undefined;
  const sizes = version.attributes.partSizes ?? [version.content.size];
  const index = Number(partNumber) - 1;
  const size = sizes[index];
  if (size === undefined) {
    throw new S3Error('InvalidPartNumber', {
      status: 416,
      message: 'The requested partnumber is not satisfiable',
    });
  }
  const start = sizes.slice(0, index).reduce((total, part) => total + part, 0);
  return { start, end: start + size };
}

/** `response-content-type` and the like, which a presigned URL may set. */
function responseOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name.startsWith('response-')) overrides[name.slice('response-'.length)] = value;
  }
  return overrides;
}

export const GET_OBJECT_ROUTES: readonly Route[] = [
  { operation: 'GetObject', method: 'GET', target: 'key', handle: getObject },
  { operation: 'HeadObject', method: 'HEAD', target: 'key', handle: headObject },
];
