import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { child, document, element, isoTime, parseXml } from '../http/xml.ts';
import { requestedBucket } from './access.ts';

const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const OWNER_ID = '75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a';
/** The one Region that names no LocationConstraint, and answers a second CreateBucket with 200. */
const FIRST_REGION = 'us-east-1';

export function ownerElement(): string {
  return `<Owner><ID>${OWNER_ID}</ID></Owner>`;
}

/** API_ListBuckets, without paging. */
function listBuckets({ store }: OperationContext): S3Response {
  const buckets = [...store.buckets.values()].map(
    (bucket) =>
      `<Bucket>${element('Name', bucket.name)}${element('CreationDate', isoTime(bucket.createdAt))}${element('BucketRegion', bucket.region)}</Bucket>`,
  );
  return xmlResponse(
    document('ListAllMyBucketsResult', `${ownerElement()}<Buckets>${buckets.join('')}</Buckets>`),
  );
}

/** API_CreateBucket */
function createBucket({ store, request }: OperationContext): S3Response {
  const name = request.bucket ?? '';
  if (!BUCKET_NAME.test(name)) throw new S3Error('InvalidBucketName', { fields: { BucketName: name } });
  const existing = store.buckets.get(name);
  if (existing !== undefined && existing.region !== FIRST_REGION) {
    throw new S3Error('BucketAlreadyOwnedByYou', { fields: { BucketName: name } });
  }
  if (existing === undefined) {
    const configuration =
      request.body.length === 0 ? undefined : parseXml(request.body, 'CreateBucketConfiguration');
    const region = child(configuration, 'LocationConstraint')?.text;
    store.createBucket(name, {
      objectLock: request.headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true',
      ...(region === undefined || region === '' ? {} : { region }),
    });
  }
  return { status: 200, headers: { location: `/${name}` } };
}

/** API_HeadBucket */
function headBucket(context: OperationContext): S3Response {
  const { region } = requestedBucket(context);
  return { status: 200, headers: { 'x-amz-bucket-region': region, 'content-type': 'application/xml' } };
}

/** API_DeleteBucket: object versions and delete markers keep a bucket. */
function deleteBucket(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  if (bucket.stacks.size > 0) throw new S3Error('BucketNotEmpty', { fields: { BucketName: bucket.name } });
  context.store.buckets.delete(bucket.name);
  return { status: 204 };
}

/** API_GetBucketLocation */
function getBucketLocation(context: OperationContext): S3Response {
  const { region } = requestedBucket(context);
  return xmlResponse(document('LocationConstraint', region === FIRST_REGION ? '' : region));
}

export const BUCKET_ROUTES: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', target: 'service', handle: listBuckets },
  { operation: 'CreateBucket', method: 'PUT', target: 'bucket', handle: createBucket },
  { operation: 'HeadBucket', method: 'HEAD', target: 'bucket', handle: headBucket },
  { operation: 'DeleteBucket', method: 'DELETE', target: 'bucket', handle: deleteBucket },
  {
    operation: 'GetBucketLocation',
    method: 'GET',
    target: 'bucket',
    query: ['location'],
    handle: getBucketLocation,
  },
];
