import { openS3Client } from '../aws/client.ts';
import { openS3Calls } from '../aws/s3-calls.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import type { EndpointOptions } from './endpoint-options.ts';

/** The calls that carry out and check a plan, at the endpoint of the options. */
export function openCalls(options: EndpointOptions): S3Calls {
  return openS3Calls(openS3Client(options));
}
