/**
 * What an S3 call can fail with, as far as it decides what to do next:
 * - `throttled`: nothing was done; ask less often
 * - `transient`: a 5xx; whether something was done is not known
 * - `network`: no answer; whether something was done is not known
 * - `denied`: permissions of this key or bucket
 * - `credentials`: unknown, expired or badly signed credentials: no request will succeed
 * - `no-bucket`, `wrong-region`: no request to this bucket will succeed here
 * - `not-found`: no such key, version or upload
 * - `precondition`: a condition of the request did not hold; nothing was done
 * - `archived`: the data needs RestoreObject first
 * - `unsupported`: the store does not know the request or one of its headers; nothing was done
 * - `no-versions`: the store keeps no versions of the key, so that the request would lose an object; it was not sent
 * - `other`: anything else
 */
export type S3Failure =
  | 'throttled'
  | 'transient'
  | 'network'
  | 'denied'
  | 'credentials'
  | 'no-bucket'
  | 'wrong-region'
  | 'not-found'
  | 'precondition'
  | 'archived'
  | 'unsupported'
  | 'no-versions'
  | 'other';

/** The codes of "Error responses" (Amazon S3 API Reference) that decide more than their status does. */
const FAILURES: Record<string, S3Failure> = {
  SlowDown: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  ServiceUnavailable: 'throttled',
  BandwidthLimitExceeded: 'throttled',
  InternalError: 'transient',
  RequestTimeout: 'transient',
  OperationAborted: 'transient',
  // Our own words for documents that end in the middle.
  CutOffListing: 'transient',
  CutOffAnswer: 'transient',
  ConditionalRequestConflict: 'precondition',
  PreconditionFailed: 'precondition',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  Forbidden: 'denied',
  InvalidAccessKeyId: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  InvalidToken: 'credentials',
  TokenRefreshRequired: 'credentials',
  RequestTimeTooSkewed: 'credentials',
  CredentialsProviderError: 'credentials',
  NoVersionsKept: 'no-versions',
  NoSuchBucket: 'no-bucket',
  PermanentRedirect: 'wrong-region',
  AuthorizationHeaderMalformed: 'wrong-region',
  IllegalLocationConstraintException: 'wrong-region',
  RegionMissing: 'wrong-region',
  NoSuchKey: 'not-found',
  NoSuchVersion: 'not-found',
  NoSuchUpload: 'not-found',
  NotFound: 'not-found',
  InvalidObjectState: 'archived',
  NotImplemented: 'unsupported',
};

/** Codes of Node.js for a connection that could not be made or broke ("Common system errors", and undici's own). */
const NETWORK_CODE =
  /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOST|ENET|ERR_SSL|ERR_TLS|TimeoutError|CERT_|UND_ERR|DEPTH_ZERO|SELF_SIGNED)/;

export function failureOf(code: string, status: number | null): S3Failure {
  const known = FAILURES[code];
  if (known !== undefined) return known;
  if (NETWORK_CODE.test(code)) return 'network';
  if (status === null) return 'other';
  if (status === 503 || status === 429) return 'throttled';
  if (status >= 500) return status === 501 ? 'unsupported' : 'transient';
  if (status === 412) return 'precondition';
  if (status === 404) return 'not-found';
  if (status === 403) return 'denied';
  if (status === 301) return 'wrong-region';
  return 'other';
}

/** A failed call to S3, or the failed part of one. */
export class S3CallError extends Error {
  readonly failure: S3Failure;
  /** S3's code, such as `AccessDenied`, or Node.js's, such as `ECONNREFUSED`. */
  readonly code: string;
  /** The Region of the bucket, where S3 tells it. */
  readonly region: string | null;

  constructor(
    code: string,
    message: string,
    options: { status: number | null; region?: string | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'S3CallError';
    this.code = code;
    this.region = options.region ?? null;
    this.failure = failureOf(code, options.status);
  }
}
