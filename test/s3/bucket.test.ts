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
    'arn:aws:s3:::my-bucket',
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

  it('a directory bucket is refused for what it is', () => {
    expect(() => parseBucketName('data--use1-az4--x-s3')).toThrow(
      expect.objectContaining({ code: 'INVALID_BUCKET', message: expect.stringContaining('no versioning') }),
    );
  });
});
