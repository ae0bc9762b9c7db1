import type { InputSpec } from '../contract.ts';

/** How S3 is reached: the options of every command that talks to it. */
export const ENDPOINT_INPUTS = {
  'endpoint-url': {
    what: 'S3 endpoint, for S3-compatible stores. Amazon S3 needs none.',
    kind: 'text',
    flag: '--endpoint-url',
    example: 'https://minio.example.com:9000',
  },
  region: {
    what: "The bucket's Region. By default `AWS_REGION`, which `aws-actions/configure-aws-credentials` sets.",
    kind: 'text',
    flag: '--region',
    example: 'eu-west-1',
  },
  'force-path-style': {
    what: 'Put the bucket into the path, not into the host name, as many S3-compatible stores need it.',
    kind: 'switch',
    flag: '--force-path-style',
    default: 'false',
    example: 'true',
  },
  'requester-pays': {
    what: 'Agree to pay for the requests to a requester-pays bucket.',
    kind: 'switch',
    flag: '--requester-pays',
    default: 'false',
    example: 'true',
  },
} as const satisfies Record<string, InputSpec>;

/** How often what takes its time on AWS is looked at. */
export const POLL_INPUT = {
  'poll-seconds': {
    what: 'Seconds between two looks at stacks and jobs. By default 10.',
    kind: 'text',
    flag: '--poll-seconds',
    example: '30',
  },
} as const satisfies Record<string, InputSpec>;

/** How the destination of copies is reached, where it is otherwise than the source. */
export const DESTINATION_INPUTS = {
  'destination-endpoint-url': {
    what: 'For `copy-to-bucket`: endpoint of the destination, in another store. The data then goes through the runner.',
    kind: 'text',
    flag: '--destination-endpoint-url',
    example: 'https://minio.example.com:9000',
  },
  'destination-region': {
    what: 'For `copy-to-bucket`: Region of the destination bucket.',
    kind: 'text',
    flag: '--destination-region',
    example: 'eu-central-1',
  },
  'destination-profile': {
    what: 'For `copy-to-bucket`: AWS profile that may write to the destination.',
    kind: 'text',
    flag: '--destination-profile',
    example: 'backup-account',
  },
} as const satisfies Record<string, InputSpec>;
