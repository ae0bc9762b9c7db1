import { RunbookError } from '../errors.ts';
import { parseDenial } from '../s3/denied.ts';
import { RetryableError } from '../s3/retryable.ts';

/** Codes by which AWS services ask for patience ("Common errors", and the SDK's own list of throttling errors). */
const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|ProvisionedThroughputExceeded|LimitExceeded.*Rate)/;
const PASSING =
  /^(TimeoutError|RequestTimeout|InternalServer|InternalService|InternalFailure|ServiceUnavailable)/;
const BROKEN =
  /^(ECONNRESET|EPIPE|ECONNABORTED|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const CREDENTIALS =
  /^(ExpiredToken|UnrecognizedClient|InvalidSignature|InvalidClientTokenId|InvalidToken|MissingAuthenticationToken|IncompleteSignature)/;

type SdkError = Error & { code?: string; $metadata?: { httpStatusCode?: number } };

/** What a request was for, in the messages. */
export type ServiceSubject = { service: string; action: string; resource: string };

/**
 * Tells what a failed call of a service other than S3 means: a RetryableError where it may pass, a RunbookError with
 * the next step where it will not. Anything else (an abort, a bug) comes back as it is.
 */
export function toServiceFailure(cause: unknown, { service, action, resource }: ServiceSubject): unknown {
  if (!(cause instanceof Error) || cause.name === 'AbortError') return cause;
  const error = cause as SdkError;
  const status = error.$metadata?.httpStatusCode ?? 0;
  const code = error.code ?? '';
  const failed = () =>
    new RunbookError('AWS_FAILED', `${action} failed for ${resource}: ${error.name}: ${error.message}`, {
      hint: `run the same command again; if it fails again, look ${resource} up in the console of ${service}`,
      cause,
    });
  if (THROTTLED.test(error.name) || status === 429) return new RetryableError(failed(), { slowDown: true });
  if (PASSING.test(error.name) || BROKEN.test(code) || status >= 500) {
    return new RetryableError(failed(), { slowDown: false });
  }
  if (CREDENTIALS.test(error.name)) {
    return new RunbookError(
      'ACCESS_DENIED',
      `${service} refuses the credentials: ${error.name}: ${error.message}`,
      {
        hint: 'sign in again, and check with: aws sts get-caller-identity',
        cause,
      },
    );
  }
  if (error.name === 'CredentialsProviderError') {
    return new RunbookError('CREDENTIALS_MISSING', `No AWS credentials: ${error.message}`, {
      hint: 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; check with: aws sts get-caller-identity',
      cause,
    });
  }
  if (error.message === 'Region is missing') {
    return new RunbookError('WRONG_REGION', 'No AWS Region is set.', {
      hint: "add --region with the bucket's Region, or set AWS_REGION",
      cause,
    });
  }
  if (status === 403 || /^AccessDenied/.test(error.name)) {
    const denial = parseDenial(error.message);
    return new RunbookError('ACCESS_DENIED', `${action} is denied on ${resource}: ${error.message}`, {
      hint: `allow ${denial?.action ?? action} to ${denial?.role ?? 'these credentials'}; docs/security.md names the role of the bootstrap stack that may`,
      cause,
    });
  }
  return failed();
}
