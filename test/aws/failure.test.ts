import { expect, test } from 'vitest';
import { toS3Failure } from '../../src/aws/failure.ts';
import { RunbookError } from '../../src/errors.ts';
import { RetryableError } from '../../src/s3/retryable.ts';

const SUBJECT = { bucket: 'data', doing: 'Listing the versions of', permission: 's3:ListBucketVersions' };

const sdkError = (name: string, metadata: object, message = 'so it is') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 403, ...metadata } });

test.each(['ExpiredToken', 'InvalidTokenId', 'InvalidClientTokenId', 'InvalidAccessKeyId'])(
  '%s is a matter of credentials, not of a permission',
  (name) => {
    const failure = toS3Failure(sdkError(name, {}), SUBJECT) as RunbookError;
    expect(failure).toMatchObject({ code: 'ACCESS_DENIED', message: expect.stringContaining(name) });
    expect(failure.hint).toMatch(/aws sts get-caller-identity.*--resume/);
  },
);

test('a clock that is wrong is told as such', () => {
  const failure = toS3Failure(sdkError('RequestTimeTooSkewed', {}), SUBJECT) as RunbookError;
  expect(failure).toBeInstanceOf(RunbookError);
  expect(failure.message).toMatch(/the time of this machine, \d{4}-/);
  expect(failure.hint).toMatch(/clock/);
});

test("the request is sent again once the SDK goes by the store's clock", () => {
  const failure = toS3Failure(sdkError('RequestTimeTooSkewed', { clockSkewCorrected: true }), SUBJECT);
  expect(failure).toBeInstanceOf(RetryableError);
  expect(failure).toMatchObject({ slowDown: false, refusal: { code: 'ACCESS_DENIED' } });
});
