import { S3Client } from '@aws-sdk/client-s3';

/** How to reach an S3 endpoint; what is left out comes from the AWS SDK's default chain and the AWS_* variables. */
export type S3Endpoint = {
  endpointUrl?: string;
  region?: string;
  forcePathStyle?: boolean;
  /** of the shared AWS configuration; AWS_PROFILE by default */
  profile?: string;
};

/**
 * An S3 client over the SDK's default credential chain. Retries are the caller's: the SDK's own would hide throttling
 * from the code that adapts to it.
 */
export function openS3Client(endpoint: S3Endpoint): S3Client {
  return new S3Client({
    maxAttempts: 1,
    // Older stores refuse the checksums that the SDK would otherwise add to every upload.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint.endpointUrl === undefined ? {} : { endpoint: endpoint.endpointUrl }),
    ...(endpoint.region === undefined ? {} : { region: endpoint.region }),
    ...(endpoint.profile === undefined ? {} : { profile: endpoint.profile }),
    ...(endpoint.forcePathStyle === undefined ? {} : { forcePathStyle: endpoint.forcePathStyle }),
  });
}
