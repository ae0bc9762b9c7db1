import { hash } from 'node:crypto';
import { checksumOf, compositeChecksum } from '../checksums.ts';
import { joinContents } from '../content.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { childText, document, element, parseXml } from '../http/xml.ts';
import type { MultipartUpload, UploadedPart } from '../uploads.ts';
import { quoteETag, unquoteETag, versionHeader } from './access.ts';
import { checksumElements } from './checksum-headers.ts';
import { assertWriteConditions } from './conditions.ts';
import { encryptionHeaders } from './encryption.ts';
import { requestedUpload } from './multipart-uploads.ts';

/** Every part but the last ("Amazon S3 multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 ** 2;
const MAX_OBJECT_BYTES = 50 * 1024 ** 4;

/** API_CompleteMultipartUpload: the object's time and place in the stack are those of its initiation. */
function completeMultipartUpload(context: OperationContext): S3Response {
  const { request } = context;
  const { bucket, upload } = requestedUpload(context);
  const parts = namedParts(request.body, upload);
  assertPartSizes(parts);
  assertWriteConditions(bucket, upload.key, request.headers);
  const content = joinContents(parts.map((part) => part.content));
  const attributes = {
    ...upload.attributes,
    checksum:
      upload.checksumType === 'FULL_OBJECT'
        ? checksumOf(content, upload.checksumAlgorithm)
        : compositeChecksum(
            parts.map((part) => part.checksum),
            upload.checksumAlgorithm,
          ),
    partSizes: parts.map((part) => part.content.size),
  };
  const version = bucket.put(upload.key, {
    content,
    attributes,
    eTag: eTagOfParts(parts),
    lastModified: upload.initiated,
    order: upload.order,
  });
  bucket.uploads.delete(upload.id);
  return xmlResponse(
    document(
      'CompleteMultipartUploadResult',
      element('Location', `/${bucket.name}/${encodeURIComponent(upload.key)}`) +
        element('Bucket', bucket.name) +
        element('Key', upload.key) +
        element('ETag', quoteETag(version.eTag)) +
        checksumElements(attributes.checksum),
    ),
    { ...versionHeader(bucket, version), ...encryptionHeaders(attributes.encryption) },
  );
}

/** @throws S3Error MalformedXML, InvalidPart, InvalidPartOrder */
function namedParts(body: Buffer, upload: MultipartUpload): UploadedPart[] {
  const named = parseXml(body, 'CompleteMultipartUpload').children.get('Part') ?? [];
  if (named.length === 0) throw new S3Error('MalformedXML');
  let last = 0;
  return named.map((node) => {
    const number = Number(childText(node, 'PartNumber'));
    if (number <= last) throw new S3Error('InvalidPartOrder');
    last = number;
    const part = upload.parts.get(number);
    const eTag = unquoteETag(childText(node, 'ETag') ?? '');
    if (part === undefined || part.eTag !== eTag) {
      throw new S3Error('InvalidPart', {
        fields: { UploadId: upload.id, PartNumber: String(number), ETag: eTag },
      });
    }
    assertPartChecksum(childText(node, `Checksum${upload.checksumAlgorithm}`), part, upload);
    return part;
  });
}

/**
 * A checksum of checksums takes those of all parts, in the request too ("Checking object integrity", composite).
 * @throws S3Error InvalidRequest, InvalidPart
 */
function assertPartChecksum(given: string | undefined, part: UploadedPart, upload: MultipartUpload): void {
  if (given === undefined && upload.checksumType === 'COMPOSITE') {
    const algorithm = upload.checksumAlgorithm.toLowerCase();
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    });
  }
  if (given !== undefined && given !== part.checksum.value) {
    throw new S3Error('InvalidPart', { fields: { UploadId: upload.id, PartNumber: String(part.number) } });
  }
}

/** @throws S3Error EntityTooSmall, EntityTooLarge */
function assertPartSizes(parts: readonly UploadedPart[]): void {
  const small = parts.slice(0, -1).find((part) => part.content.size < MIN_PART_BYTES);
  if (small !== undefined) {
    throw new S3Error('EntityTooSmall', {
      fields: {
        ProposedSize: String(small.content.size),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(small.number),
        ETag: small.eTag,
      },
    });
  }
  const size = parts.reduce((total, part) => total + part.content.size, 0);
  if (size > MAX_OBJECT_BYTES) {
    throw new S3Error('EntityTooLarge', {
      fields: { ProposedSize: String(size), MaxSizeAllowed: String(MAX_OBJECT_BYTES) },
    });
  }
}

/** MD5 of the parts' MD5s, a hyphen, and how many they are: no digest of the data (API_Object, ETag). */
function eTagOfParts(parts: readonly UploadedPart[]): string {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.eTag, 'hex')));
  return `${hash('md5', digests)}-${parts.length}`;
}

export const COMPLETE_UPLOAD_ROUTES: readonly Route[] = [
  {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    target: 'key',
    query: ['uploadId'],
    handle: completeMultipartUpload,
  },
];
