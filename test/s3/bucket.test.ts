import { describe, expect, it } from 'vitest';
import { parseBucketName } from '../../src/s3/bucket.ts';

describe('parseBucketName', () => {
  it.each(['abc', 'my-bucket', 'my.bucket.name', '0-9', `a${'b'.repeat(61)}c`, '192.168.5.4a', 'xn--x'])(
    '%s',
    (name) => {
      expect(parseBucketName(name)).toBe(name);
    },
  );

  it.each([
    '',
    'ab',
    'a'.repeat(64),
    'My-Bucket',
    'my_bucket',
    'my bucket',
    '-bucket',
    'bucket-',
    '.bucket',
    'bucket.',
    'my..bucket',
    '192.168.5.4',
    's3://my-bucket',
    'my-bucket/data',
    'arn:aws:s3:::My_Bucket',
    'bücket',
    'bucket\n',
    "bucket' OR 1=1",
    '$bucket',
  ])('%j is refused', (name) => {
    expect(() => parseBucketName(name)).toThrow(
      expect.objectContaining({
        code: 'INVALID_BUCKET',
        message: `'${name}' is not a bucket name.`,
        hint: expect.stringContaining('without s3:// and without a path'),
      }),
    );
  });

  it('an ARN of a bucket is refused with the name to give', () => {
    expect(() => parseBucketName('arn:aws-cn:s3:::my-bucket')).toThrow(
      expect.objectContaining({ code: 'INVALID_BUCKET', hint: 'give its name alone: my-bucket' }),
    );
  });

  it.each([
    'reports-abcdefgh1234567890-s3alias',
    'transforming-abcdefgh--ol-s3',
    'mfzwi23gnjvgw.mrap',
    'arn:aws:s3:eu-west-1:111122223333:accesspoint/reports',
    'arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/reports',
  ])('an access point is refused for what it is: %s', (name) => {
    expect(() => parseBucketName(name)).toThrow(
      expect.objectContaining({
        code: 'INVALID_BUCKET',
        message: `'${name}' is an access point, not a bucket.`,
      }),
    );
  });

  it('a directory bucket is refused for what it is', () => {
    expect(() => parseBucketName('data--use1-az4--x-s3')).toThrow(
      expect.objectContaining({ code: 'INVALID_BUCKET', message: expect.stringContaining('no versioning') }),
    );
  });
});
