import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element } from '../http/xml.ts';
import { httpTime, requestedVersion, versionHeader } from './access.ts';
import { checksumElements } from './checksum-headers.ts';
import { assertCustomerKey } from './encryption.ts';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

/** API_GetObjectAttributes. ObjectParts tells the number of parts alone: details need checksums of each part. */
function getObjectAttributes(context: OperationContext): S3Response {
  const { request } = context;
  const { bucket, version } = requestedVersion(context);
  assertCustomerKey(version, request.headers);
  const asked = (request.headers.get('x-amz-object-attributes') ?? '').split(',').map((name) => name.trim());
  if (asked.some((name) => !ATTRIBUTES.includes(name))) {
    throw new S3Error('InvalidArgument', {
      message: 'Invalid attribute name specified.',
      fields: { ArgumentName: 'x-amz-object-attributes' },
    });
  }
  const { checksum, partSizes, storageClass } = version.attributes;
  const values: Record<string, string> = {
    // Alone among the answers of S3, this one has the ETag without quotes.
    ETag: element('ETag', version.eTag),
    Checksum: checksum === undefined ? '' : `<Checksum>${checksumElements(checksum)}</Checksum>`,
    ObjectParts:
      partSizes === undefined ? '' : `<ObjectParts>${element('PartsCount', partSizes.length)}</ObjectParts>`,
    StorageClass: element('StorageClass', storageClass),
    ObjectSize: element('ObjectSize', version.content.size),
  };
  const content = ATTRIBUTES.filter((name) => asked.includes(name)).map((name) => values[name]);
  return xmlResponse(document('GetObjectAttributesResponse', content.join('')), {
    ...versionHeader(bucket, version),
    'last-modified': httpTime(version.lastModified),
  });
}

export const OBJECT_ATTRIBUTES_ROUTES: readonly Route[] = [
  {
    operation: 'GetObjectAttributes',
    method: 'GET',
    target: 'key',
    query: ['attributes'],
    handle: getObjectAttributes,
  },
];
