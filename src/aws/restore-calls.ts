import { RestoreObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import type { RestoreAnswer, RestoreTier } from '../s3/restore.ts';
import { asCallError } from './responses.ts';

/**
 * Not in an archive any more, as an object that Intelligent-Tiering has moved back. The API's model has the one, answers
 * of S3 that others published have the other.
 */
const NOT_ARCHIVED = ['ObjectAlreadyInActiveTierError', 'InvalidObjectState'];

/** RestoreObject over an S3 client that does not retry. */
export function openRestoreCalls(client: S3Client) {
  return {
    /**
     * Asks for the restore of a version. S3 answers 202 to a request that it takes, 200 where a restored copy is there
     * already (it then stays longer), and 409 while one is on its way (API_RestoreObject).
     * @throws S3CallError
     */
    async restoreObject(
      { bucket, key, versionId }: { bucket: string; key: string; versionId: string },
      { tier, days }: { tier: RestoreTier; days: number | null },
    ): Promise<RestoreAnswer> {
      const command = new RestoreObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        RestoreRequest: { GlacierJobParameters: { Tier: tier }, ...(days !== null && { Days: days }) },
      });
      try {
        const { $metadata } = await client.send(command);
        return $metadata.httpStatusCode === 200 ? 'restored' : 'requested';
      } catch (error) {
        const failure = asCallError(error);
        if (!(failure instanceof S3CallError)) throw failure;
        if (failure.code === 'RestoreAlreadyInProgress') return 'under-way';
        if (NOT_ARCHIVED.includes(failure.code)) return 'restored';
        throw failure;
      }
    },
  };
}
