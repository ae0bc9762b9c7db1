import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import type { S3Endpoint } from '../aws/client.ts';
import { RunbookError } from '../errors.ts';

/** The options by which every command that talks to S3 is told where it is. */
export type EndpointOptions = {
  endpointUrl?: string;
  region?: string;
  forcePathStyle?: boolean;
  requesterPays?: boolean;
};

/** Region in the signatures of requests to an endpoint of one's own, which has none; every store takes it. */
const NOMINAL_REGION = 'us-east-1';

export function addEndpointOptions(command: Command): Command {
  return command
    .option('--endpoint-url <url>', 'S3 endpoint, for S3-compatible stores (or AWS_ENDPOINT_URL_S3)')
    .option('--region <region>', "the bucket's Region (or AWS_REGION)")
    .option('--force-path-style', 'put the bucket into the path, not into the host name')
    .option('--requester-pays', 'agree to pay for the requests to a requester-pays bucket');
}

/** @throws RunbookError INVALID_OPTION */
export function parseEndpoint(options: EndpointOptions): S3Endpoint {
  const { endpointUrl, forcePathStyle, requesterPays } = options;
  if (endpointUrl !== undefined && !(URL.canParse(endpointUrl) && /^https?:/.test(endpointUrl))) {
    throw new RunbookError('INVALID_OPTION', `--endpoint-url '${endpointUrl}' is not a URL.`, {
      hint: 'give scheme and host, for example --endpoint-url http://127.0.0.1:9000',
    });
  }
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const isOwn = endpointUrl !== undefined && AWS_REGION === undefined && AWS_DEFAULT_REGION === undefined;
  const region = options.region ?? (isOwn ? NOMINAL_REGION : undefined);
  return {
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(region === undefined ? {} : { region }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(requesterPays === undefined ? {} : { requesterPays }),
  };
}

/** How the destination of a copy-to-bucket plan is reached, where it is otherwise than the source. */
export function addDestinationOptions(command: Command): Command {
  return command
    .option(
      '--destination-endpoint-url <url>',
      'copy-to-bucket: endpoint of the destination, in another store; the data then goes through this machine',
      parseUrl,
    )
    .option('--destination-region <region>', 'copy-to-bucket: Region of the destination bucket')
    .option('--destination-profile <name>', 'copy-to-bucket: AWS profile that may write to the destination');
}

function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It has to be an http or https URL.');
}
