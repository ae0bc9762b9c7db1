import { isIP } from 'node:net';
import { S3ControlClient } from '@aws-sdk/client-s3-control';

/** How to reach S3 Control; what is left out comes from the AWS SDK's default chain and the AWS_* variables. */
export type ControlEndpoint = { endpointUrl?: string; region?: string };

/**
 * A client of S3 Control that does not retry. S3 Control is addressed by `<account>.<host>`, and the SDK puts the
 * account in front of an endpoint of one's own as well, which makes no host name of an IP address or `localhost`.
 * Such an endpoint is taken as it stands; the account travels in the header `x-amz-account-id` in any case.
 * @param environment for AWS_ENDPOINT_URL_S3_CONTROL and AWS_ENDPOINT_URL
 */
export function openS3ControlClient(
  endpoint: ControlEndpoint,
  environment: Record<string, string | undefined>,
): S3ControlClient {
  const url = endpoint.endpointUrl ?? environment.AWS_ENDPOINT_URL_S3_CONTROL ?? environment.AWS_ENDPOINT_URL;
  return new S3ControlClient({
    maxAttempts: 1,
    ...(endpoint.region === undefined ? {} : { region: endpoint.region }),
    ...(url === undefined ? {} : { endpoint: url }),
    ...(url !== undefined && cannotTakePrefix(url)
      ? { endpointProvider: () => ({ url: new URL(url) }) }
      : {}),
  });
}

function cannotTakePrefix(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
