import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';

const NOW = new Date('2025-11-22T12:00:00Z');
const BASE: RawPlanInputs = { bucket: 'my-bucket', timestamp: '2025-08-30T04:00:00+02:00' };
const parse = (change: Partial<RawPlanInputs>) => parsePlanInputs({ ...BASE, ...change }, NOW);
const TO_BUCKET = { mode: 'copy-to-bucket', destinationBucket: 'my-copy' };

describe('parsePlanInputs', () => {
  it('fills in every default', () => {
    expect(parse({})).toEqual({
      bucket: 'my-bucket',
      timestamp: '2025-08-30T02:00:00Z',
      mode: 'bucket-rollback',
      prefixes: [],
      scenarios: ['1', '2', '3a', '3b', '3c'],
      destinationBucket: null,
      storageClass: 'as-source',
      kmsKeyArn: null,
      markers: 'remove',
      multipartWindowSeconds: 86_400,
      noncurrentExpirationDays: null,
      includeUncertain: [],
    });
  });

  const TAKEN: [change: Partial<RawPlanInputs>, expected: object][] = [
    [{ prefix: ['b/', 'a/', 'b/'] }, { prefixes: ['a/', 'b/'] }],
    // The order of UTF-8 bytes: U+FF5E before U+1F600, which JavaScript sorts the other way round.
    [{ prefix: ['\u{1f600}', '\uff5e'] }, { prefixes: ['\uff5e', '\u{1f600}'] }],
    [
      { prefix: ['100%', 'a_b', "it's", '*', 'a,b', ' ', '/', '../', '{{x}}'] },
      { prefixes: [' ', '*', '../', '/', '100%', 'a,b', 'a_b', "it's", '{{x}}'] },
    ],
    [{ prefix: ['ü'.repeat(512)] }, { prefixes: ['ü'.repeat(512)] }],
    [{ scenarios: '3b, 1,1' }, { scenarios: ['1', '3b'] }],
    [{ mode: 'delete-marker-removal' }, { scenarios: expect.arrayContaining(['4']) }],
    [
      { ...TO_BUCKET, overwrite: true },
      { overwrite: true, destinationBucket: 'my-copy' },
    ],
    [TO_BUCKET, { scenarios: ['5a', '5b'], destinationBucket: 'my-copy' }],
    [{ storageClass: 'standard_ia' }, { storageClass: 'STANDARD_IA' }],
    [
      { kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1' },
      { kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1' },
    ],
    [{ markers: 'copy' }, { markers: 'copy' }],
    [{ multipartWindow: '0s' }, { multipartWindowSeconds: 0 }],
    [{ noncurrentExpirationDays: '30' }, { noncurrentExpirationDays: 30 }],
    [{ noncurrentExpirationDays: '36500' }, { noncurrentExpirationDays: 36_500 }],
    [
      { includeUncertain: 'uncopyable, ambiguous' },
      { includeUncertain: expect.arrayContaining(['ambiguous', 'uncopyable']) },
    ],
    [{ includeUncertain: '' }, { includeUncertain: [] }],
  ];
  it.each(TAKEN)('%j', (change, expected) => {
    expect(parse(change)).toMatchObject(expected);
  });

  const REFUSED: [change: Partial<RawPlanInputs>, code: ErrorCode, message: RegExp][] = [
    [{ bucket: 'My_Bucket' }, 'INVALID_BUCKET', /'My_Bucket'/],
    [{ bucket: 'arn:aws:s3:::data' }, 'INVALID_BUCKET', /is the ARN of a bucket/],
    [
      { bucket: 'arn:aws:s3:eu-west-1:123456789012:accesspoint/reports' },
      'INVALID_BUCKET',
      /is an access point/,
    ],
    [{ bucket: 'reports-a1b2c3-s3alias' }, 'INVALID_BUCKET', /is an access point/],
    [{ timestamp: 'yesterday' }, 'INVALID_TIMESTAMP', /'yesterday'/],
    [{ timestamp: '2025-11-22T12:00:01Z' }, 'TIMESTAMP_IN_FUTURE', /future/],
    [{ mode: 'Bucket-Rollback' }, 'INVALID_OPTION', /--mode 'Bucket-Rollback' is not a choice/],
    [{ mode: '__proto__' }, 'INVALID_OPTION', /--mode/],
    [{ markers: 'keep' }, 'INVALID_OPTION', /--markers 'keep'/],
    [{ prefix: [''] }, 'INVALID_PREFIX', /empty/],
    [{ prefix: ['a/', ''] }, 'INVALID_PREFIX', /empty/],
    [{ prefix: ['a\0b'] }, 'INVALID_PREFIX', /NUL/],
    [{ prefix: ['ü'.repeat(513)] }, 'INVALID_PREFIX', /too long/],
    [{ scenarios: '' }, 'INVALID_OPTION', /names none/],
    [{ scenarios: ',' }, 'INVALID_OPTION', /names none/],
    [{ scenarios: '3' }, 'INVALID_OPTION', /--scenarios '3' is not a choice/],
    [{ scenarios: '5b' }, 'INVALID_OPTION', /mode bucket-rollback has no scenario 5b/],
    [{ mode: 'copy-to-bucket' }, 'INVALID_OPTION', /needs --destination-bucket/],
    [{ ...TO_BUCKET, destinationBucket: 'my-bucket' }, 'INVALID_OPTION', /the bucket itself/],
    [{ ...TO_BUCKET, destinationBucket: 'My Copy' }, 'INVALID_BUCKET', /'My Copy'/],
    [{ destinationBucket: 'my-copy' }, 'INVALID_OPTION', /goes with --mode copy-to-bucket/],
    [{ overwrite: true }, 'INVALID_OPTION', /--overwrite goes with --mode copy-to-bucket/],
    [{ overwrite: true, mode: 'delete-marker-removal' }, 'INVALID_OPTION', /not delete-marker-removal/],
    [{ storageClass: 'FROZEN' }, 'INVALID_STORAGE_CLASS', /'FROZEN'/],
    [{ kmsKeyArn: 'alias/x' }, 'INVALID_KMS_KEY', /'alias\/x'/],
    [{ kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/x' }, 'INVALID_KMS_KEY', /alias/],
    [{ kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/a"\n' }, 'INVALID_KMS_KEY', /not the ARN/],
    [{ multipartWindow: '24' }, 'INVALID_OPTION', /--multipart-window '24'/],
    [{ noncurrentExpirationDays: '0' }, 'INVALID_OPTION', /'0' is not a number of days/],
    [{ noncurrentExpirationDays: '36501' }, 'INVALID_OPTION', /'36501'/],
    [{ noncurrentExpirationDays: '1e3' }, 'INVALID_OPTION', /'1e3'/],
    [{ includeUncertain: 'copy' }, 'INVALID_OPTION', /--include-uncertain 'copy'/],
  ];
  it.each(REFUSED)('%j is refused', (change, code, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/\w{3}/),
      }),
    );
  });
});
