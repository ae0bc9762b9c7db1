import { S3Error } from '../http/errors.ts';
import type { S3Response } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { requestedBucket } from './access.ts';

/** API_GetBucketPolicy: the JSON as it was put. sandbox/policy.ts tells which statements the sandbox evaluates. */
function getBucketPolicy(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const policy = bucket.configurations.get('policy');
  if (policy === undefined) {
    throw new S3Error('NoSuchBucketPolicy', {
      status: 404,
      message: 'The bucket policy does not exist',
      fields: { BucketName: bucket.name },
    });
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
}

/** API_PutBucketPolicy */
function putBucketPolicy(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const policy = context.request.body.toString('utf8');
  try {
    JSON.parse(policy);
  } catch {
    throw new S3Error('MalformedPolicy');
  }
  bucket.configurations.set('policy', policy);
  return { status: 204 };
}

/** API_DeleteBucketPolicy */
function deleteBucketPolicy(context: OperationContext): S3Response {
  requestedBucket(context).configurations.delete('policy');
  return { status: 204 };
}

const SUBRESOURCE = { target: 'bucket', query: ['policy'] } as const;

export const BUCKET_POLICY_ROUTES: readonly Route[] = [
  { operation: 'GetBucketPolicy', method: 'GET', ...SUBRESOURCE, handle: getBucketPolicy },
  { operation: 'PutBucketPolicy', method: 'PUT', ...SUBRESOURCE, handle: putBucketPolicy },
  { operation: 'DeleteBucketPolicy', method: 'DELETE', ...SUBRESOURCE, handle: deleteBucketPolicy },
];
