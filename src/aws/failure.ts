import { RunbookError } from '../errors.ts';
import { parseDenial } from '../s3/denied.ts';
import { RetryableError } from '../s3/retryable.ts';

/** Codes by which S3 and its like ask for fewer requests ("Error responses", API reference; RFC 6585 for 429). */
const SLOW_DOWN = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'TooManyRequests',
  'TooManyRequestsException',
]);
/** Failures of the network, which say nothing about the request. */
const BROKEN = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
const CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  // MinIO's word for a session token that it does not know.
  'InvalidTokenId',
  'InvalidClientTokenId',
  'TokenRefreshRequired',
]);
const OTHER_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

type SdkError = Error & {
  code?: string;
  /** `clockSkewCorrected`: the SDK has taken over the store's time, for the next request on */
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  $response?: { headers?: Record<string, string> };
  Region?: string;
};

/** What the request was for, in the messages. */
export type RequestSubject = { bucket: string; doing: string; permission: string };

/**
 * Tells what a failed SDK call means: a RetryableError where it may pass, a RunbookError with the next step where it
 * will not. Anything else (an abort, a bug) comes back as it is.
 */
export function toS3Failure(cause: unknown, subject: RequestSubject): unknown {
  if (!(cause instanceof Error) || cause.name === 'AbortError') return cause;
  const error = cause as SdkError;
  const status = error.$metadata?.httpStatusCode ?? 0;
  const code = error.code ?? '';
  const { bucket, doing, permission } = subject;
  const refusal = (kind: ConstructorParameters<typeof RunbookError>[0], message: string, hint: string) =>
    new RunbookError(kind, message, { hint, cause });

  if (UNREACHABLE.has(code)) {
    const unreachable = refusal(
      'ENDPOINT_UNREACHABLE',
      `The endpoint of ${bucket} does not answer: ${error.message || code}.`,
      'check the network and --endpoint-url (AWS_ENDPOINT_URL_S3), then run the same command again',
    );
    return new RetryableError(unreachable, { slowDown: false });
  }
  const failed = () =>
    refusal(
      'S3_FAILED',
      `${doing} ${bucket} failed: ${error.name}${status === 0 ? '' : ` (${status})`}: ${error.message}`,
      'run the same command again; a listing that began goes on with --resume',
    );
  if (SLOW_DOWN.has(error.name) || status === 503 || status === 429) {
    return new RetryableError(failed(), { slowDown: true });
  }
  if (status >= 500 && status !== 501) return new RetryableError(failed(), { slowDown: false });
  if (
    BROKEN.has(code) ||
    error.name === 'TimeoutError' ||
    error.name === 'RequestTimeout' ||
    error.message === 'aborted'
  ) {
    return new RetryableError(failed(), { slowDown: false });
  }
  if (
    error.name === 'CredentialsProviderError' ||
    /Could not load credentials|Unable to (load|find) credentials/i.test(error.message)
  ) {
    return refusal(
      'CREDENTIALS_MISSING',
      `No AWS credentials: ${error.message}`,
      'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; check with: aws sts get-caller-identity',
    );
  }
  if (error.message === 'Region is missing') {
    return refusal(
      'WRONG_REGION',
      'No AWS Region is set.',
      "add --region with the bucket's Region, or set AWS_REGION",
    );
  }
  if (error.name === 'NoSuchBucket' || (status === 404 && error.name === 'NotFound')) {
    return refusal(
      'BUCKET_NOT_FOUND',
      `There is no bucket '${bucket}' at this endpoint.`,
      'check the name and --endpoint-url; list the buckets with: aws s3api list-buckets',
    );
  }
  if (OTHER_REGION.has(error.name) || status === 301) {
    const region = error.$response?.headers?.['x-amz-bucket-region'] ?? error.Region;
    return refusal(
      'WRONG_REGION',
      `The bucket '${bucket}' is in ${region === undefined ? 'another Region' : `the Region ${region}`}.`,
      region === undefined
        ? `find its Region with: aws s3api get-bucket-location --bucket ${bucket}`
        : `add --region ${region}`,
    );
  }
  if (error.name === 'RequestTimeTooSkewed') {
    const skewed = refusal(
      'ACCESS_DENIED',
      `The store refuses requests at the time of this machine, ${new Date().toISOString()}: ${error.message}`,
      "set this machine's clock (timedatectl set-ntp true), then run the same command again",
    );
    return error.$metadata?.clockSkewCorrected ? new RetryableError(skewed, { slowDown: false }) : skewed;
  }
  if (CREDENTIALS.has(error.name)) {
    return refusal(
      'ACCESS_DENIED',
      `The store refuses the credentials: ${error.name}: ${error.message}`,
      'check the credentials with: aws sts get-caller-identity; a listing that began goes on with --resume',
    );
  }
  if (status === 403) {
    const denial = parseDenial(error.message);
    return refusal(
      'ACCESS_DENIED',
      `${doing} ${bucket} is denied: ${error.message}`,
      `allow ${denial?.action ?? permission} on arn:aws:s3:::${bucket} to ${denial?.role ?? 'these credentials'}; a requester-pays bucket needs --requester-pays`,
    );
  }
  return failed();
}
