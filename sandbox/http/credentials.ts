import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** How a denied access key is refused. */
export type Denial = 'InvalidAccessKeyId' | 'SignatureDoesNotMatch' | 'AccessDenied';

/** The account that owns every bucket. */
const ACCOUNT_ID = '123456789012';

const CREDENTIAL = /Credential=(?<id>[^/,\s]+)\//;

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

/** The access key that signed, in the header or in a presigned URL. */
export function accessKeyId(request: S3Request): string | undefined {
  const header = CREDENTIAL.exec(request.headers.get('authorization') ?? '')?.groups?.id;
  return header ?? request.query.get('X-Amz-Credential')?.split('/', 1)[0];
}
