import { openS3Client, type S3Endpoint } from '../aws/client.ts';
import { openS3Calls } from '../aws/s3-calls.ts';
import { openStreamedCalls } from '../aws/streamed-copies.ts';
import { RunbookError } from '../errors.ts';
import { destinationCalls } from '../execute/destination-calls.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

/** The calls that carry out and check a plan, at the endpoint of the options. */
export function openCalls(options: EndpointOptions): S3Calls {
  return openS3Calls(openS3Client(parseEndpoint(options)));
}

/** How the destination of copies is reached, where it is otherwise than the source. */
export type DestinationOptions = EndpointOptions & {
  destinationEndpointUrl?: string;
  destinationRegion?: string;
  destinationProfile?: string;
};

function namesDestination(options: DestinationOptions): boolean {
  const { destinationEndpointUrl, destinationRegion, destinationProfile } = options;
  return [destinationEndpointUrl, destinationRegion, destinationProfile].some((text) => text !== undefined);
}

/**
 * A plan that writes to the bucket that it reads has one place, and `--endpoint-url` names it. The undo of copies is
 * such a plan: it would go to the store of the source, where another bucket may bear the name of the destination.
 * @throws RunbookError INVALID_OPTION
 */
function assertNoDestination(options: DestinationOptions): void {
  if (!namesDestination(options)) return;
  throw new RunbookError('INVALID_OPTION', 'This plan copies to no other bucket: it has no destination.', {
    hint: 'say where its bucket is with --endpoint-url, --region and AWS_PROFILE; of the undo of a copy-to-bucket plan, that is where the copies are',
  });
}

/** Where the bucket that copies go to is reached: as the source is, but for what the options say otherwise. */
export function destinationEndpoint(options: DestinationOptions): S3Endpoint {
  const region = options.destinationRegion ?? options.region;
  const endpointUrl = options.destinationEndpointUrl ?? options.endpointUrl;
  return {
    ...parseEndpoint({
      ...(endpointUrl !== undefined && { endpointUrl }),
      ...(region !== undefined && { region }),
      ...(options.forcePathStyle !== undefined && { forcePathStyle: options.forcePathStyle }),
      ...(options.requesterPays !== undefined && { requesterPays: options.requesterPays }),
    }),
    ...(options.destinationProfile !== undefined && { profile: options.destinationProfile }),
  };
}

/**
 * Where the bucket that a plan wrote to is reached.
 * @param sourceBucket null where a plan writes to the bucket that it reads
 */
export function writtenEndpoint(options: DestinationOptions, sourceBucket: string | null): S3Endpoint {
  if (sourceBucket !== null) return destinationEndpoint(options);
  assertNoDestination(options);
  return parseEndpoint(options);
}

/**
 * The calls for a plan that may copy to another bucket. Copies within one store are the store's own, sent with the
 * destination's credentials to the destination's Region; between two stores the data goes through this machine.
 * @param sourceBucket null where a plan writes to the bucket that it reads
 */
export function openPlanCalls(options: DestinationOptions, sourceBucket: string | null): S3Calls {
  if (sourceBucket === null) assertNoDestination(options);
  if (sourceBucket === null || !namesDestination(options)) return openCalls(options);
  const client = openS3Client(parseEndpoint(options));
  const source = { client, calls: openS3Calls(client) };
  const endpoint = destinationEndpoint(options);
  const destinationClient = openS3Client(endpoint);
  const own = openS3Calls(destinationClient);
  const isOtherStore = endpoint.endpointUrl !== options.endpointUrl;
  const destination = isOtherStore ? openStreamedCalls(source, destinationClient, own) : own;
  return destinationCalls(source.calls, sourceBucket, destination);
}
