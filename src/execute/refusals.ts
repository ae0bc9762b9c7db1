import { RunbookError } from '../errors.ts';
import { S3CallError } from '../s3/call-error.ts';

const DESTINATION_REFUSALS: ReadonlySet<string> = new Set([
  'ACCESS_DENIED',
  'BUCKET_NOT_FOUND',
  'CREDENTIALS_MISSING',
  'ENDPOINT_UNREACHABLE',
  'WRONG_REGION',
]);
const ROLLBACK_NEEDS =
  's3:GetBucketVersioning, s3:ListBucketVersions, s3:GetObject, s3:GetObjectVersion, s3:GetObjectVersionTagging, s3:PutObject, s3:PutObjectTagging, s3:DeleteObject and s3:DeleteObjectVersion';

/**
 * The same refusal where it is the destination of copies that is not reached: it has options of its own, and those of
 * the source are to stay as they are.
 * @returns anything but a refusal with a hint as it is
 */
export function atDestination(error: unknown): unknown {
  if (!(error instanceof RunbookError)) return error;
  const { code, message, hint, cause } = error;
  if (!DESTINATION_REFUSALS.has(code)) return error;
  const own = hint
    .replaceAll(' (AWS_ENDPOINT_URL_S3)', '')
    .replaceAll(/--(endpoint-url|region)\b/g, '--destination-$1');
  const more =
    code === 'BUCKET_NOT_FOUND' || code === 'ACCESS_DENIED'
      ? '; of a destination in another store, Region or account: --destination-endpoint-url, --destination-region, --destination-profile'
      : '';
  return new RunbookError(code, message, { hint: `${own}${more}`, cause });
}

/**
 * What a failed call that ends the run means for the person who started it.
 * @param bucket that the call was for
 * @param needs permissions that the work takes, for the hint
 * @returns a RunbookError with the next step; anything but a failed call comes back as it is
 */
export function refusalOf(error: unknown, bucket: string, needs: string = ROLLBACK_NEEDS): unknown {
  if (!(error instanceof S3CallError)) return error;
  const refuse = (
    ...[code, message, hint]: [ConstructorParameters<typeof RunbookError>[0], string, string]
  ) => new RunbookError(code, message, { hint, cause: error });
  const fact = `${error.code}: ${error.message}`;
  switch (error.failure) {
    case 'no-bucket':
    case 'not-found':
      return refuse(
        'BUCKET_NOT_FOUND',
        `There is no bucket '${bucket}' at this endpoint.`,
        'check the name and --endpoint-url; list the buckets with: aws s3api list-buckets',
      );
    case 'wrong-region':
      if (error.code === 'RegionMissing') {
        return refuse(
          'WRONG_REGION',
          'No AWS Region is set.',
          "add --region with the bucket's Region, or set AWS_REGION",
        );
      }
      return error.region === null
        ? refuse(
            'WRONG_REGION',
            `The bucket '${bucket}' is in another Region (${fact}).`,
            `add its Region, --region REGION: aws s3api get-bucket-location --bucket ${bucket}`,
          )
        : refuse(
            'WRONG_REGION',
            `The bucket '${bucket}' is in the Region ${error.region}.`,
            `add --region ${error.region}`,
          );
    case 'credentials':
      return error.code === 'CredentialsProviderError'
        ? refuse(
            'CREDENTIALS_MISSING',
            `No AWS credentials: ${error.message}`,
            'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; check with: aws sts get-caller-identity',
          )
        : refuse(
            'ACCESS_DENIED',
            `The store refuses the credentials (${fact}).`,
            'renew them, check with: aws sts get-caller-identity; then run the same command again: it goes on where it stopped',
          );
    case 'denied':
      return refuse(
        'ACCESS_DENIED',
        `The credentials may not use the bucket '${bucket}' (${fact}).`,
        `allow ${needs} on it, or use another --endpoint-url`,
      );
    case 'network':
      return refuse(
        'ENDPOINT_UNREACHABLE',
        `The endpoint of '${bucket}' does not answer (${fact}).`,
        'check the network and --endpoint-url (AWS_ENDPOINT_URL_S3), then run the same command again: it goes on where it stopped',
      );
    default:
      return refuse(
        'S3_FAILED',
        `A request to '${bucket}' failed (${fact}).`,
        'run the same command again: it goes on where it stopped',
      );
  }
}
