/** A bucket policy that has to be put in place before copies between accounts work. */
export type BucketPolicy = { bucket: string; policy: object };

/**
 * The bucket policies that let one principal copy between buckets of two accounts ("Granting cross-account
 * permissions"): what start-jobs reads at the source, and what it reads and writes at the destination. Neither allows
 * to delete an object version.
 * @param principalArn the user or role that runs start-jobs
 */
export function copyPolicies(
  sourceBucket: string,
  destinationBucket: string,
  principalArn: string,
): BucketPolicy[] {
  // The partition (aws, aws-cn, aws-us-gov) is that of the principal.
  const partition = principalArn.split(':')[1] ?? 'aws';
  const statement = (sid: string, actions: readonly string[], bucket: string, suffix: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: principalArn },
    Action: actions.map((action) => `s3:${action}`),
    Resource: `arn:${partition}:s3:::${bucket}${suffix}`,
  });
  const policy = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
  return [
    {
      bucket: sourceBucket,
      policy: policy(
        statement(
          'S3RewindReadVersions',
          ['GetObject', 'GetObjectVersion', 'GetObjectTagging', 'GetObjectVersionTagging'],
          sourceBucket,
          '/*',
        ),
        statement('S3RewindListSource', ['ListBucket', 'ListBucketVersions'], sourceBucket, ''),
      ),
    },
    {
      bucket: destinationBucket,
      policy: policy(
        statement(
          'S3RewindWriteCopies',
          [
            'PutObject',
            'PutObjectTagging',
            'GetObject',
            'GetObjectVersion',
            'GetObjectVersionTagging',
            'AbortMultipartUpload',
            'ListMultipartUploadParts',
          ],
          destinationBucket,
          '/*',
        ),
        statement(
          'S3RewindLookAtDestination',
          ['GetBucketVersioning', 'ListBucket', 'ListBucketVersions'],
          destinationBucket,
          '',
        ),
      ),
    },
  ];
}
