import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';

/** Where Athena and Glue are; what is left out comes from the SDK's default chain and the AWS_* variables. */
export type QueryEndpoint = { region?: string; endpointUrl?: string };

/** Clients of Athena and Glue that do not retry: the callers do, and say what they wait for. */
export function openQueryClients(endpoint: QueryEndpoint): { athena: AthenaClient; glue: GlueClient } {
  const options = {
    maxAttempts: 1,
    ...(endpoint.region === undefined ? {} : { region: endpoint.region }),
    ...(endpoint.endpointUrl === undefined ? {} : { endpoint: endpoint.endpointUrl }),
  };
  return { athena: new AthenaClient(options), glue: new GlueClient(options) };
}
