import { type Command, InvalidArgumentError } from 'commander';

/** Options of every command that talks to a bucket. */
export type EndpointOptions = { endpointUrl?: string; region?: string; forcePathStyle?: boolean };

export function addEndpointOptions(command: Command): Command {
  return command
    .option(
      '--endpoint-url <url>',
      'S3 endpoint, for a store other than Amazon S3 (AWS_ENDPOINT_URL_S3)',
      parseUrl,
    )
    .option('--region <region>', 'Region of the bucket (AWS_REGION)')
    .option('--force-path-style', 'put the bucket into the path of the URL, as most other stores want it');
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
