import type { Bucket } from '../bucket.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element, isoTime } from '../http/xml.ts';
import { compareKeys } from '../key-index.ts';
import type { MultipartUpload } from '../uploads.ts';
import { makeVersionId } from '../version-ids.ts';
import { requestedBucket, requestedKey } from './access.ts';
import { requestedAttributes } from './attributes.ts';
import { requestedAlgorithm } from './checksum-headers.ts';
import { encryptionHeaders } from './encryption.ts';
import { parseListing } from './listing.ts';

const MAX_UPLOADS = 1000;

/**
 * API_CreateMultipartUpload. Takes the object's place in the stack and its time now: S3 stamps the object with its
 * initiation, and of two uploads the one that began last becomes current ("Multipart upload overview").
 */
function createMultipartUpload(context: OperationContext): S3Response {
  const { request, store } = context;
  const { clock, random } = store.context;
  const bucket = requestedBucket(context);
  const key = requestedKey(request);
  const asked = requestedAlgorithm(request.headers);
  const algorithm = asked ?? 'CRC64NVME';
  const type =
    request.headers.get('x-amz-checksum-type') ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const upload: MultipartUpload = {
    id: makeVersionId(random),
    key,
    order: bucket.nextOrder(),
    initiated: clock.second(),
    attributes: requestedAttributes(bucket, request.headers, clock.now()),
    checksumAlgorithm: algorithm,
    namesAlgorithm: asked !== undefined,
    checksumType: type === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE',
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  return xmlResponse(
    document(
      'InitiateMultipartUploadResult',
      element('Bucket', bucket.name) + element('Key', key) + element('UploadId', upload.id),
    ),
    {
      ...encryptionHeaders(upload.attributes.encryption),
      'x-amz-checksum-algorithm': algorithm,
      'x-amz-checksum-type': upload.checksumType,
    },
  );
}

/** API_AbortMultipartUpload */
function abortMultipartUpload(context: OperationContext): S3Response {
  const { bucket, upload } = requestedUpload(context);
  bucket.uploads.delete(upload.id);
  return { status: 204 };
}

/** API_ListMultipartUploads, without a delimiter: by key, then by initiation. */
function listMultipartUploads(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const { query } = context.request;
  const { prefix, text, encodesUrls } = parseListing(query);
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = Math.min(MAX_UPLOADS, Number(query.get('max-uploads') ?? MAX_UPLOADS));
  const inOrder = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .sort((a, b) => compareKeys(a.key, b.key) || a.order - b.order);
  const begin = keyMarker === '' ? 0 : firstBehind(inOrder, keyMarker, idMarker);
  const page = inOrder.slice(begin, begin + maxUploads);
  const isTruncated = begin + maxUploads < inOrder.length;
  const last = page.at(-1);
  return xmlResponse(
    document(
      'ListMultipartUploadsResult',
      element('Bucket', bucket.name) +
        element('KeyMarker', text(keyMarker)) +
        element('UploadIdMarker', idMarker) +
        (isTruncated && last !== undefined
          ? element('NextKeyMarker', text(last.key)) + element('NextUploadIdMarker', last.id)
          : '') +
        element('Prefix', text(prefix)) +
        element('EncodingType', encodesUrls ? 'url' : undefined) +
        element('MaxUploads', maxUploads) +
        element('IsTruncated', isTruncated) +
        page.map((upload) => uploadElement(upload, text)).join(''),
    ),
  );
}

function firstBehind(uploads: readonly MultipartUpload[], keyMarker: string, idMarker: string): number {
  const marked = uploads.findIndex((upload) => upload.id === idMarker && upload.key === keyMarker);
  if (marked >= 0) return marked + 1;
  const behind = uploads.findIndex((upload) => compareKeys(upload.key, keyMarker) > 0);
  return behind < 0 ? uploads.length : behind;
}

function uploadElement(upload: MultipartUpload, text: (value: string) => string): string {
  return `<Upload>${element('Key', text(upload.key))}${element('UploadId', upload.id)}${element('StorageClass', upload.attributes.storageClass)}${element('Initiated', isoTime(upload.initiated))}${element('ChecksumAlgorithm', upload.checksumAlgorithm)}${element('ChecksumType', upload.checksumType)}</Upload>`;
}

/** @throws S3Error NoSuchUpload, also for an upload that was completed or aborted */
export function requestedUpload(context: OperationContext): { bucket: Bucket; upload: MultipartUpload } {
  const bucket = requestedBucket(context);
  const id = context.request.query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(id);
  if (upload === undefined || upload.key !== context.request.key) {
    throw new S3Error('NoSuchUpload', { fields: { UploadId: id } });
  }
  return { bucket, upload };
}

export const MULTIPART_UPLOAD_ROUTES: readonly Route[] = [
  {
    operation: 'CreateMultipartUpload',
    method: 'POST',
    target: 'key',
    query: ['uploads'],
    handle: createMultipartUpload,
  },
  {
    operation: 'AbortMultipartUpload',
    method: 'DELETE',
    target: 'key',
    query: ['uploadId'],
    handle: abortMultipartUpload,
  },
  {
    operation: 'ListMultipartUploads',
    method: 'GET',
    target: 'bucket',
    query: ['uploads'],
    handle: listMultipartUploads,
  },
];
