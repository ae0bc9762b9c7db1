import { checksumOf } from '../checksums.ts';
import { bytesContent, type Content, sliceContent } from '../content.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element, isoTime } from '../http/xml.ts';
import type { MultipartUpload, UploadedPart } from '../uploads.ts';
import { quoteETag } from './access.ts';
import { checksumElements, checksumHeaders, receivedChecksum, sentAlgorithm } from './checksum-headers.ts';
import { assertCopySize, requestedSource, sourceVersionHeader } from './copy-source.ts';
import { encryptionHeaders } from './encryption.ts';
import { requestedUpload } from './multipart-uploads.ts';

const MAX_PART_NUMBER = 10_000;
const MAX_PARTS_LISTED = 1000;
/** "You can copy a range only if the source object is greater than 5 MB" (API_UploadPartCopy). */
const MIN_RANGE_SOURCE_BYTES = 5 * 1024 ** 2;

/** API_UploadPart */
function uploadPart(context: OperationContext): S3Response {
  const { upload } = requestedUpload(context);
  const content = bytesContent(context.request.body);
  assertPartAlgorithm(upload, context.request.headers);
  const received = receivedChecksum(content, context.request.headers);
  const part = keepPart(context, content);
  return {
    status: 200,
    headers: {
      etag: quoteETag(part.eTag),
      ...checksumHeaders(received),
      ...encryptionHeaders(upload.attributes.encryption),
    },
  };
}

/**
 * The checksum of a part is of the algorithm that the upload was begun with ("Checking object integrity").
 * @throws S3Error InvalidRequest
 */
function assertPartAlgorithm(upload: MultipartUpload, headers: ReadonlyMap<string, string>): void {
  const sent = sentAlgorithm(headers);
  if (!upload.namesAlgorithm || sent === upload.checksumAlgorithm) return;
  if (sent === undefined && upload.checksumType === 'FULL_OBJECT') return;
  throw new S3Error('InvalidRequest', {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${sent?.toLowerCase() ?? 'null'}`,
  });
}

/** API_UploadPartCopy: a whole object of up to 5 GiB, or a range of a larger one. */
function uploadPartCopy(context: OperationContext): S3Response {
  const { upload } = requestedUpload(context);
  const source = requestedSource(context);
  const { content } = source.version;
  const { start, end } = requestedSourceRange(
    context.request.headers.get('x-amz-copy-source-range'),
    content,
  );
  assertCopySize(end - start);
  if (context.request.headers.has('x-amz-copy-source-range') && content.size <= MIN_RANGE_SOURCE_BYTES) {
    throw new S3Error('InvalidRequest', {
      message: 'The specified copy source is not supported as a byte-range copy source',
    });
  }
  const part = keepPart(context, sliceContent(content, start, end));
  return xmlResponse(
    document(
      'CopyPartResult',
      element('LastModified', isoTime(part.lastModified)) +
        element('ETag', quoteETag(part.eTag)) +
        checksumElements(part.checksum),
    ),
    { ...sourceVersionHeader(source), ...encryptionHeaders(upload.attributes.encryption) },
  );
}

/** API_ListParts */
function listParts(context: OperationContext): S3Response {
  const { bucket, upload } = requestedUpload(context);
  const { query } = context.request;
  const marker = Number(query.get('part-number-marker') ?? 0);
  const maxParts = Math.min(MAX_PARTS_LISTED, Number(query.get('max-parts') ?? MAX_PARTS_LISTED));
  const behind = [...upload.parts.values()]
    .filter((part) => part.number > marker)
    .sort((a, b) => a.number - b.number);
  const page = behind.slice(0, maxParts);
  const isTruncated = page.length < behind.length;
  return xmlResponse(
    document(
      'ListPartsResult',
      element('Bucket', bucket.name) +
        element('Key', upload.key) +
        element('UploadId', upload.id) +
        element('StorageClass', upload.attributes.storageClass) +
        element('PartNumberMarker', marker) +
        element('NextPartNumberMarker', isTruncated ? page.at(-1)?.number : undefined) +
        element('MaxParts', maxParts) +
        element('IsTruncated', isTruncated) +
        page.map(partElement).join(''),
    ),
  );
}

function partElement(part: UploadedPart): string {
  return `<Part>${element('PartNumber', part.number)}${element('LastModified', isoTime(part.lastModified))}${element('ETag', quoteETag(part.eTag))}${element('Size', part.content.size)}</Part>`;
}

function keepPart(context: OperationContext, content: Content): UploadedPart {
  const { upload } = requestedUpload(context);
  const number = Number(context.request.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw new S3Error('InvalidArgument', {
      message: `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
      fields: { ArgumentName: 'partNumber', ArgumentValue: context.request.query.get('partNumber') ?? '' },
    });
  }
  const part = {
    number,
    content,
    eTag: content.md5,
    lastModified: context.store.context.clock.second(),
    checksum: checksumOf(content, upload.checksumAlgorithm),
  };
  upload.parts.set(number, part);
  return part;
}

/** `bytes=first-last`, both included; nothing else (API_UploadPartCopy, x-amz-copy-source-range). */
function requestedSourceRange(header: string | undefined, content: Content): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: content.size };
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const [, first, last] = match ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw new S3Error('InvalidArgument', {
      message:
        'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    });
  }
  if (Number(last) >= content.size) {
    throw new S3Error('InvalidArgument', {
      message: `Range specified is not valid for source object of size: ${content.size}`,
      fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    });
  }
  return { start: Number(first), end: Number(last) + 1 };
}

export const UPLOAD_PART_ROUTES: readonly Route[] = [
  {
    operation: 'UploadPart',
    method: 'PUT',
    target: 'key',
    query: ['uploadId', 'partNumber'],
    handle: uploadPart,
  },
  {
    operation: 'UploadPartCopy',
    method: 'PUT',
    target: 'key',
    query: ['uploadId', 'partNumber'],
    header: 'x-amz-copy-source',
    handle: uploadPartCopy,
  },
  { operation: 'ListParts', method: 'GET', target: 'key', query: ['uploadId'], handle: listParts },
];
