import { S3Error } from '../http/errors.ts';
import type { S3Response } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { requestedBucket, requestedKey, requestedVersionId } from './access.ts';
import { assertMfa, bypassesGovernance, deleteEntry } from './deletion.ts';

/** API_DeleteObject */
function deleteObject(context: OperationContext): S3Response {
  const { request, store } = context;
  const { headers } = request;
  const bucket = requestedBucket(context);
  const versionId = requestedVersionId(request);
  assertMfa(bucket, versionId !== undefined, headers);
  if (headers.has('x-amz-if-match-last-modified-time') || headers.has('x-amz-if-match-size')) {
    // "This functionality is only supported for directory buckets."
    throw new S3Error('NotImplemented');
  }
  const result = deleteEntry(
    bucket,
    {
      key: requestedKey(request),
      versionId,
      condition: headers.get('if-match'),
      bypassGovernance: bypassesGovernance(headers),
    },
    store.context.clock.now(),
  );
  const marked = result.addedMarker !== undefined || result.removedMarker === true;
  return {
    status: 204,
    headers: {
      'x-amz-version-id': result.addedMarker ?? result.versionId,
      'x-amz-delete-marker': marked ? 'true' : undefined,
    },
  };
}

export const DELETE_OBJECT_ROUTES: readonly Route[] = [
  { operation: 'DeleteObject', method: 'DELETE', target: 'key', handle: deleteObject },
];
