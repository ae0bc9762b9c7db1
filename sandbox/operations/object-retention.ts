import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { childText, document, element, parseXml } from '../http/xml.ts';
import { assertLockable, assertRetentionChange, parseRetention } from '../object-lock.ts';
import { requestedVersion } from './access.ts';
import { assertDigest } from './checksum-headers.ts';
import { bypassesGovernance } from './deletion.ts';

/** API_GetObjectRetention */
function getObjectRetention(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  assertLockable(bucket);
  const { retention } = version.attributes;
  if (retention === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
  return xmlResponse(
    document(
      'Retention',
      element('Mode', retention.mode) +
        element('RetainUntilDate', new Date(retention.retainUntil).toISOString()),
    ),
  );
}

/** API_PutObjectRetention; an empty document takes GOVERNANCE retention away. */
function putObjectRetention(context: OperationContext): S3Response {
  const { request, store } = context;
  const { bucket, version } = requestedVersion(context);
  assertLockable(bucket);
  assertDigest(request.body, request.headers);
  const now = store.context.clock.now();
  const body = parseXml(request.body, 'Retention');
  const mode = childText(body, 'Mode');
  const until = childText(body, 'RetainUntilDate');
  if ((mode === undefined) !== (until === undefined)) throw new S3Error('MalformedXML');
  const retention = mode === undefined || until === undefined ? undefined : parseRetention(mode, until, now);
  assertRetentionChange(version.attributes.retention, retention, now, bypassesGovernance(request.headers));
  version.attributes = { ...version.attributes, retention };
  return { status: 200 };
}

/** API_GetObjectLegalHold */
function getObjectLegalHold(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  assertLockable(bucket);
  const { legalHold } = version.attributes;
  if (legalHold === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
  return xmlResponse(document('LegalHold', element('Status', legalHold ? 'ON' : 'OFF')));
}

/** API_PutObjectLegalHold */
function putObjectLegalHold(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  assertLockable(bucket);
  assertDigest(context.request.body, context.request.headers);
  const status = childText(parseXml(context.request.body, 'LegalHold'), 'Status');
  if (status !== 'ON' && status !== 'OFF') throw new S3Error('MalformedXML');
  version.attributes = { ...version.attributes, legalHold: status === 'ON' };
  return { status: 200 };
}

export const OBJECT_RETENTION_ROUTES: readonly Route[] = [
  {
    operation: 'GetObjectRetention',
    method: 'GET',
    target: 'key',
    query: ['retention'],
    handle: getObjectRetention,
  },
  {
    operation: 'PutObjectRetention',
    method: 'PUT',
    target: 'key',
    query: ['retention'],
    handle: putObjectRetention,
  },
  {
    operation: 'GetObjectLegalHold',
    method: 'GET',
    target: 'key',
    query: ['legal-hold'],
    handle: getObjectLegalHold,
  },
  {
    operation: 'PutObjectLegalHold',
    method: 'PUT',
    target: 'key',
    query: ['legal-hold'],
    handle: putObjectLegalHold,
  },
];
