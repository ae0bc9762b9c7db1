import { ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { toS3Failure } from './failure.ts';

/** What the SDK is given to read instead of the page, so that it does not parse a second time what is parsed already. */
const EMPTY_PAGE = Buffer.from('<ListVersionsResult/>');
const SUCCESS = 200;

type RawResponse = { statusCode: number; body: AsyncIterable<Uint8Array> | Uint8Array };

/**
 * Requests pages of ListObjectVersions and answers their XML as it came: the SDK signs and sends, and a middleware
 * behind its deserialiser takes the body, because the SDK's own result has lost the order across versions and markers.
 */
export function openVersionLister(
  client: S3Client,
  bucket: string,
  options: { requesterPays: boolean },
): (
  request: {
    prefix: string;
    marker: { key: string; versionId: string | null } | null;
    maxEntries?: number;
  },
  signal: AbortSignal,
) => Promise<string> {
  const subject = { bucket, doing: 'Listing the versions of', permission: 's3:ListBucketVersions' };
  return async ({ prefix, marker, maxEntries }, signal) => {
    const command = new ListObjectVersionsCommand({
      Bucket: bucket,
      // Keys may hold characters that XML cannot carry (API_ListObjectVersions, encoding-type).
      EncodingType: 'url',
      ...(prefix === '' ? {} : { Prefix: prefix }),
      ...(marker === null ? {} : { KeyMarker: marker.key }),
      ...(marker === null || marker.versionId === null ? {} : { VersionIdMarker: marker.versionId }),
      ...(maxEntries === undefined ? {} : { MaxKeys: maxEntries }),
      ...(options.requesterPays ? { RequestPayer: 'requester' as const } : {}),
    });
    let body = '';
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as RawResponse;
        if (response.statusCode !== SUCCESS) return result;
        body = await readText(response.body);
        response.body = EMPTY_PAGE;
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'takeRawPage' },
    );
    try {
      await client.send(command, { abortSignal: signal });
      return body;
    } catch (error) {
      signal.throwIfAborted();
      throw toS3Failure(error, subject);
    }
  };
}

async function readText(body: RawResponse['body']): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
