import type { S3Calls } from './s3-calls.ts';

/**
 * The calls of a copy to a bucket that is reached in another way than its source: another Region, account or store.
 * What reads the source goes there; all else, the copies too, goes to the destination.
 */
export function destinationCalls(source: S3Calls, sourceBucket: string, destination: S3Calls): S3Calls {
  const at = (bucket: string) => (bucket === sourceBucket ? source : destination);
  return {
    ...destination,
    readVersioning: (bucket) => at(bucket).readVersioning(bucket),
    listVersions: (request) => at(request.bucket).listVersions(request),
    headObject: (request) => at(request.bucket).headObject(request),
    readTags: (version) => at(version.bucket).readTags(version),
  };
}
