import { S3Client } from '@aws-sdk/client-s3';

/** How to reach an S3 endpoint; what is left out comes from the AWS SDK's default chain and the AWS_* variables. */
export type S3Endpoint = {
  endpointUrl?: string;
  region?: string;
  forcePathStyle?: boolean;
  /** how many requests may be under way; the SDK's default is 50 */
  connections?: number;
  /** agrees to pay for the requests to a requester-pays bucket; others take no notice of it */
  requesterPays?: boolean | undefined;
  /** of the shared AWS configuration; AWS_PROFILE by default */
  profile?: string;
};

/** A connection that is silent for so long is given up, and its request fails as one that may be sent again. */
const SILENCE_MS = 60_000;
const CONNECT_MS = 10_000;
const DEFAULT_CONNECTIONS = 50;

/**
 * An S3 client over the SDK's default credential chain. Retries are the caller's: the SDK's own would hide throttling
 * from the code that adapts to it.
 */
export function openS3Client(endpoint: S3Endpoint): S3Client {
  const connections = Math.max(endpoint.connections ?? 0, DEFAULT_CONNECTIONS);
  const client = new S3Client({
    maxAttempts: 1,
    // Older stores refuse the checksums that the SDK would otherwise add to every upload.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      requestTimeout: SILENCE_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: connections },
      httpsAgent: { keepAlive: true, maxSockets: connections },
    },
    ...(endpoint.endpointUrl === undefined ? {} : { endpoint: endpoint.endpointUrl }),
    ...(endpoint.region === undefined ? {} : { region: endpoint.region }),
    ...(endpoint.profile === undefined ? {} : { profile: endpoint.profile }),
    ...(endpoint.forcePathStyle === undefined ? {} : { forcePathStyle: endpoint.forcePathStyle }),
  });
  // It copies every request and answer for a log that nobody reads: 1,000 keys of a DeleteObjects twice.
  client.middlewareStack.remove('loggerMiddleware');
  // A copy needs it for its source and its destination, HEADs and listings too ("Using Requester Pays buckets").
  if (endpoint.requesterPays === true) {
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-request-payer'] = 'requester';
        return next(args);
      },
      { step: 'build', name: 'payForRequest' },
    );
  }
  return client;
}
