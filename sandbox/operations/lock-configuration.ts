import type { DefaultRetention } from '../bucket.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { child, childText, document, element, parseXml, type XmlNode } from '../http/xml.ts';
import { requestedBucket } from './access.ts';
import { assertDigest } from './checksum-headers.ts';

/** API_GetObjectLockConfiguration */
function getObjectLockConfiguration(context: OperationContext): S3Response {
  const { objectLock, name } = requestedBucket(context);
  if (objectLock === undefined) {
    throw new S3Error('ObjectLockConfigurationNotFoundError', { fields: { BucketName: name } });
  }
  const rule = objectLock.defaultRetention;
  const retention =
    rule === undefined
      ? ''
      : `<Rule><DefaultRetention>${element('Mode', rule.mode)}${element('Days', rule.days)}${element('Years', rule.years)}</DefaultRetention></Rule>`;
  return xmlResponse(
    document('ObjectLockConfiguration', element('ObjectLockEnabled', 'Enabled') + retention),
  );
}

/** API_PutObjectLockConfiguration: also for existing buckets, if versioning is enabled. */
function putObjectLockConfiguration(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  assertDigest(context.request.body, context.request.headers);
  const configuration = parseXml(context.request.body, 'ObjectLockConfiguration');
  if (bucket.versioning !== 'Enabled') {
    throw new S3Error('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    });
  }
  bucket.objectLock = { defaultRetention: readRule(child(configuration, 'Rule')) };
  return { status: 200 };
}

function readRule(rule: XmlNode | undefined): DefaultRetention | undefined {
  if (rule === undefined) return undefined;
  const retention = child(rule, 'DefaultRetention');
  const mode = childText(retention, 'Mode');
  const days = childText(retention, 'Days');
  const years = childText(retention, 'Years');
  // "You must specify either a value for Days or a value for Years, but not both."
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || (days === undefined) === (years === undefined)) {
    throw new S3Error('MalformedXML');
  }
  return {
    mode,
    ...(days === undefined ? {} : { days: Number(days) }),
    ...(years === undefined ? {} : { years: Number(years) }),
  };
}

export const LOCK_CONFIGURATION_ROUTES: readonly Route[] = [
  {
    operation: 'GetObjectLockConfiguration',
    method: 'GET',
    target: 'bucket',
    query: ['object-lock'],
    handle: getObjectLockConfiguration,
  },
  {
    operation: 'PutObjectLockConfiguration',
    method: 'PUT',
    target: 'bucket',
    query: ['object-lock'],
    handle: putObjectLockConfiguration,
  },
];
