import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** How a denied access key is refused. */
export type Denial = 'InvalidAccessKeyId' | 'SignatureDoesNotMatch' | 'AccessDenied';

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

/** The access key that signed, in the header or in a presigned URL. */
export function accessKeyId(request: S3Request): string | undefined {
  const header = CREDENTIAL.exec(request.headers.get('authorization') ?? '')?.groups?.id;
  return header ?? request.query.get('X-Amz-Credential')?.split('/', 1)[0];
}
