import { GetBucketPolicyCommand, GetPublicAccessBlockCommand, type S3Client } from '@aws-sdk/client-s3';
import { RunbookError } from '../errors.ts';
import { sendWithRetries } from './send.ts';

/** Reads who is kept out of a bucket. Each throws RunbookError ACCESS_DENIED, BUCKET_NOT_FOUND, S3_FAILED, … */
export function openBucketProtection(client: S3Client) {
  const read = <Answer>(
    bucket: string,
    what: string,
    permission: string,
    absent: string,
    send: () => Promise<Answer>,
  ) =>
    sendWithRetries({ bucket, doing: `Reading ${what} of`, permission }, async () => {
      try {
        return await send();
      } catch (error) {
        if (error instanceof Error && error.name === absent) return null;
        throw error;
      }
    });
  return {
    /** null: none is set */
    async readPublicAccessBlock(Bucket: string) {
      const answer = await read(
        Bucket,
        'the public access block',
        's3:GetBucketPublicAccessBlock',
        'NoSuchPublicAccessBlockConfiguration',
        () => client.send(new GetPublicAccessBlockCommand({ Bucket })),
      );
      const block = answer?.PublicAccessBlockConfiguration;
      if (block === undefined) return null;
      return {
        blockPublicAcls: block.BlockPublicAcls === true,
        ignorePublicAcls: block.IgnorePublicAcls === true,
        blockPublicPolicy: block.BlockPublicPolicy === true,
        restrictPublicBuckets: block.RestrictPublicBuckets === true,
      };
    },

    /** The document; null: the bucket has none. */
    async readPolicy(Bucket: string): Promise<unknown> {
      const answer = await read(Bucket, 'the policy', 's3:GetBucketPolicy', 'NoSuchBucketPolicy', () =>
        client.send(new GetBucketPolicyCommand({ Bucket })),
      );
      const text = answer?.Policy;
      if (text === undefined) return null;
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new RunbookError('S3_FAILED', `The policy of ${Bucket} is no JSON.`, {
          hint: `aws s3api get-bucket-policy --bucket ${Bucket}`,
          cause,
        });
      }
    },
  };
}
