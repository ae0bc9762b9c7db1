import type { Bucket } from '../bucket.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** How a denied access key is refused. */
export type Denial = 'InvalidAccessKeyId' | 'SignatureDoesNotMatch' | 'AccessDenied';

/** The account that owns every bucket. */
const ACCOUNT_ID = '123456789012';

const CREDENTIAL = /Credential=(?<id>[^/,\s]+)\/(?:\d+\/(?<region>[^/,\s]+)\/)?/;

/**
 * Checks that a request is signed, by a key that is not denied. Signatures themselves are not verified.
 * @throws S3Error AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch
 */
export function assertCredentials(request: S3Request, denied: ReadonlyMap<string, Denial>): void {
  const id = accessKeyId(request);
  if (id === undefined) throw new S3Error('AccessDenied');
  const denial = denied.get(id);
  if (denial !== undefined) throw new S3Error(denial, { fields: { AWSAccessKeyId: id } });
}

/**
 * Checks the owners that a request expects of its bucket and of the source of a copy ("Verifying bucket ownership").
 * @throws S3Error AccessDenied
 */
export function assertExpectedOwner({ headers }: S3Request): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const expected = headers.get(name);
    if (expected !== undefined && expected !== ACCOUNT_ID) throw new S3Error('AccessDenied');
  }
}

/** How a request that was signed for another Region than the bucket's is refused. */
export type RegionRefusal = 'AuthorizationHeaderMalformed' | 'PermanentRedirect';

/**
 * Checks that a request is signed for the Region of its bucket. S3 answers 400 where the request reached the bucket's
 * Region, or the global endpoint, and 301 where it reached another one; both name the Region in a header ("Permanent
 * request redirection", "Troubleshoot SignatureDoesNotMatch").
 * @throws S3Error AuthorizationHeaderMalformed, PermanentRedirect
 */
export function assertRegion(request: S3Request, bucket: Bucket | undefined, refusal: RegionRefusal): void {
  const signed = signatureScope(request)?.region;
  if (bucket === undefined || signed === undefined || signed === bucket.region) return;
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (refusal === 'PermanentRedirect') {
    const fields = { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name };
    throw new S3Error(refusal, { headers, fields });
  }
  throw new S3Error(refusal, {
    message: `The authorization header is malformed; the region '${signed}' is wrong; expecting '${bucket.region}'`,
    headers,
    fields: { Region: bucket.region },
  });
}

/** The access key that signed, in the header or in a presigned URL. */
export function accessKeyId(request: S3Request): string | undefined {
  return signatureScope(request)?.id;
}

/** Whose key signed, and for which Region ("Authenticating Requests: Using the Authorization Header"). */
function signatureScope(request: S3Request): { id?: string; region?: string } | undefined {
  const inQuery = request.query.get('X-Amz-Credential');
  const text = inQuery === undefined ? request.headers.get('authorization') : `Credential=${inQuery}`;
  return CREDENTIAL.exec(text ?? '')?.groups;
}
