import { RunbookError } from '../errors.ts';

const DIRECTORY_BUCKET = /--x-s3$/;
/** What takes a bucket's place in some requests ("General purpose bucket naming rules": reserved suffixes). */
const ACCESS_POINT = /-s3alias$|--ol-s3$|\.mrap$|^arn:[^:]*:s3[^:]*:.*accesspoint/;
const BUCKET_ARN = /^arn:[^:]*:s3:::([^/]+)$/;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * Checks a bucket name against the rules for general purpose buckets ("General purpose bucket naming rules",
 * Amazon S3 User Guide). Directory buckets have no versioning and are refused (semantics, section 8); access points do
 * not answer for the configuration of their bucket.
 * @throws RunbookError INVALID_BUCKET
 */
export function parseBucketName(text: string): string {
  if (DIRECTORY_BUCKET.test(text)) {
    throw new RunbookError(
      'INVALID_BUCKET',
      `'${text}' is a directory bucket; directory buckets have no versioning.`,
      {
        hint: 'name a general purpose bucket with S3 Versioning enabled',
      },
    );
  }
  if (ACCESS_POINT.test(text)) {
    throw new RunbookError('INVALID_BUCKET', `'${text}' is an access point, not a bucket.`, {
      hint: 'name the bucket behind it; to see which one that is: aws s3control get-access-point --account-id ID --name NAME',
    });
  }
  const [, named] = BUCKET_ARN.exec(text) ?? [];
  if (named !== undefined && BUCKET_NAME.test(named)) {
    throw new RunbookError('INVALID_BUCKET', `'${text}' is the ARN of a bucket.`, {
      hint: `give its name alone: ${named}`,
    });
  }
  if (!BUCKET_NAME.test(text) || text.includes('..') || IP_ADDRESS.test(text)) {
    throw new RunbookError('INVALID_BUCKET', `'${text}' is not a bucket name.`, {
      hint: 'give the name alone, without s3:// and without a path: 3 to 63 of a-z, 0-9, dots and hyphens',
    });
  }
  return text;
}
