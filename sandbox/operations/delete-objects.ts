import { S3Error } from '../http/errors.ts';
import { assertKeyLength } from '../http/request.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { childText, document, element, parseXml, type XmlNode } from '../http/xml.ts';
import { checkVersionId, requestedBucket } from './access.ts';
import { assertDigest } from './checksum-headers.ts';
import { assertMfa, bypassesGovernance, type Deletion, deleteEntry } from './deletion.ts';

const MAX_KEYS = 1000;

/** API_DeleteObjects: up to 1,000 keys, each with a result of its own inside status 200. */
function deleteObjects(context: OperationContext): S3Response {
  const { request, store } = context;
  const bucket = requestedBucket(context);
  assertDigest(request.body, request.headers);
  const body = parseXml(request.body, 'Delete');
  const objects = body.children.get('Object') ?? [];
  if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error('MalformedXML');
  const isQuiet = childText(body, 'Quiet') === 'true';
  const bypassGovernance = bypassesGovernance(request.headers);
  const deletions = objects.map((object) => readDeletion(object, bypassGovernance));
  // One missing code fails the request as a whole, also for keys that name no version (API_DeleteObjects, MFA).
  const namesVersion = deletions.some((deletion) => deletion.versionId !== undefined);
  assertMfa(bucket, namesVersion, request.headers);

  const results = deletions.map((deletion) => {
    try {
      const fault = context.faults.strikeDeletion(request, deletion.key);
      if (fault !== undefined) throw fault;
      assertKeyLength(deletion.key);
      checkVersionId(deletion.versionId);
      const action = deletion.versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
      if (context.isDenied(action, deletion.key)) throw new S3Error('AccessDenied');
      const result = deleteEntry(bucket, deletion, store.context.clock.now());
      if (isQuiet) return '';
      const removedMarker = result.removedMarker === true ? result.versionId : undefined;
      const marker = result.addedMarker ?? removedMarker;
      return `<Deleted>${element('Key', deletion.key)}${element('VersionId', deletion.versionId)}${
        marker === undefined ? '' : element('DeleteMarker', true) + element('DeleteMarkerVersionId', marker)
      }</Deleted>`;
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return `<Error>${element('Key', deletion.key)}${element('VersionId', deletion.versionId)}${element('Code', error.code)}${element('Message', error.message)}</Error>`;
    }
  });
  return xmlResponse(document('DeleteResult', results.join('')));
}

function readDeletion(object: XmlNode, bypassGovernance: boolean): Deletion {
  const key = childText(object, 'Key');
  if (key === undefined || key === '') throw new S3Error('MalformedXML');
  // "The request can contain ... LastModifiedTime and Size: supported only by directory buckets."
  if (object.children.has('LastModifiedTime') || object.children.has('Size')) {
    throw new S3Error('NotImplemented');
  }
  return {
    key,
    versionId: childText(object, 'VersionId'),
    condition: childText(object, 'ETag'),
    bypassGovernance,
  };
}

export const DELETE_OBJECTS_ROUTES: readonly Route[] = [
  {
    operation: 'DeleteObjects',
    method: 'POST',
    target: 'bucket',
    query: ['delete'],
    handle: deleteObjects,
  },
];
