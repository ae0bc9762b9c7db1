import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { childText, document, element, parseXml } from '../http/xml.ts';
import { requestedBucket } from './access.ts';

/** API_GetBucketVersioning: a bucket whose versioning was never set has no Status, one never asked for MFA no MfaDelete. */
function getBucketVersioning(context: OperationContext): S3Response {
  const { versioning, mfaDelete } = requestedBucket(context);
  const mfa = mfaDelete === undefined ? undefined : mfaDelete ? 'Enabled' : 'Disabled';
  return xmlResponse(
    document('VersioningConfiguration', element('Status', versioning) + element('MfaDelete', mfa)),
  );
}

/** API_PutBucketVersioning */
function putBucketVersioning(context: OperationContext): S3Response {
  const { request } = context;
  const bucket = requestedBucket(context);
  const configuration = parseXml(request.body, 'VersioningConfiguration');
  const status = childText(configuration, 'Status');
  const mfaDelete = childText(configuration, 'MfaDelete');
  if (status === undefined) throw new S3Error('IllegalVersioningConfigurationException');
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  if ((mfaDelete !== undefined || bucket.mfaDelete === true) && !request.headers.has('x-amz-mfa')) {
    throw new S3Error('AccessDenied', { message: 'Mfa Authentication must be used for this request' });
  }
  if (bucket.objectLock !== undefined && status === 'Suspended') {
    throw new S3Error('InvalidBucketState', {
      message:
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    });
  }
  bucket.versioning = status;
  if (mfaDelete !== undefined) bucket.mfaDelete = mfaDelete === 'Enabled';
  return { status: 200 };
}

export const VERSIONING_ROUTES: readonly Route[] = [
  {
    operation: 'GetBucketVersioning',
    method: 'GET',
    target: 'bucket',
    query: ['versioning'],
    handle: getBucketVersioning,
  },
  {
    operation: 'PutBucketVersioning',
    method: 'PUT',
    target: 'bucket',
    query: ['versioning'],
    handle: putBucketVersioning,
  },
];
