import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import type { Stack, StackCalls, StackEvent } from '../s3/stack.ts';
import type { QueryEndpoint } from './query-clients.ts';
import { type ServiceSend, serviceSend } from './service-send.ts';

/** CloudFormation's words where a stack is not there (API_DescribeStacks). */
const MISSING = /does not exist/;

/** A client of CloudFormation that does not retry: the calls do. */
export function openStackClient({ endpointUrl, region }: QueryEndpoint): CloudFormationClient {
  return new CloudFormationClient({
    maxAttempts: 1,
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
}

export function openStackCalls(client: CloudFormationClient): StackCalls {
  const send: ServiceSend = (action, resource, request) =>
    serviceSend({ service: 'CloudFormation', action: `cloudformation:${action}`, resource }, request);
  return {
    async createStack(request) {
      const { StackId } = await send('CreateStack', `the stack ${request.name}`, () =>
        client.send(
          new CreateStackCommand({
            StackName: request.name,
            ClientRequestToken: request.token,
            TemplateURL: request.templateUrl,
            RoleARN: request.serviceRoleArn,
            Capabilities: ['CAPABILITY_IAM'],
            OnFailure: 'ROLLBACK',
            Parameters: Object.entries(request.parameters).map(([ParameterKey, ParameterValue]) => ({
              ParameterKey,
              ParameterValue,
            })),
            Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
          }),
        ),
      );
      return StackId ?? request.name;
    },
    async describeStack(name) {
      return await send('DescribeStacks', `the stack ${name}`, async () => {
        try {
          const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
          const [stack] = Stacks ?? [];
          return stack === undefined ? null : toStack(stack);
        } catch (error) {
          if (error instanceof Error && error.name === 'ValidationError' && MISSING.test(error.message))
            return null;
          throw error;
        }
      });
    },
    async readEvents(id) {
      const events: StackEvent[] = [];
      let token: string | undefined;
      do {
        const page = await send('DescribeStackEvents', `the stack ${id}`, () =>
          client.send(
            new DescribeStackEventsCommand({
              StackName: id,
              ...(token !== undefined && { NextToken: token }),
            }),
          ),
        );
        for (const event of page.StackEvents ?? []) {
          events.push({
            resource: `${event.LogicalResourceId ?? ''} (${event.ResourceType ?? ''})`,
            status: event.ResourceStatus ?? '',
            reason: event.ResourceStatusReason ?? '',
          });
        }
        token = page.NextToken;
      } while (token !== undefined);
      return events.reverse();
    },
    async readResources(id) {
      const { StackResources } = await send('DescribeStackResources', `the stack ${id}`, () =>
        client.send(new DescribeStackResourcesCommand({ StackName: id })),
      );
      return Object.fromEntries(
        (StackResources ?? []).map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
          LogicalResourceId,
          PhysicalResourceId,
        ]),
      );
    },
    async readTemplate(id) {
      const { TemplateBody } = await send('GetTemplate', `the stack ${id}`, () =>
        client.send(new GetTemplateCommand({ StackName: id, TemplateStage: 'Original' })),
      );
      return TemplateBody ?? '';
    },
    async deleteStack(id) {
      await send('DeleteStack', `the stack ${id}`, () =>
        client.send(new DeleteStackCommand({ StackName: id })),
      );
    },
    async *listStacks() {
      let token: string | undefined;
      do {
        const page = await send('ListStacks', 'the account', () =>
          client.send(new ListStacksCommand(token === undefined ? {} : { NextToken: token })),
        );
        for (const { StackId = '', StackName = '', StackStatus = '' } of page.StackSummaries ?? []) {
          if (StackStatus !== 'DELETE_COMPLETE') yield { id: StackId, name: StackName, status: StackStatus };
        }
        token = page.NextToken;
      } while (token !== undefined);
    },
  };
}

function toStack(stack: object): Stack {
  const { StackId, StackName, StackStatus, StackStatusReason, Parameters, Outputs, Tags } = stack as {
    StackId?: string;
    StackName?: string;
    StackStatus?: string;
    StackStatusReason?: string;
    Parameters?: { ParameterKey?: string; ParameterValue?: string }[];
    Outputs?: { OutputKey?: string; OutputValue?: string }[];
    Tags?: { Key?: string; Value?: string }[];
  };
  return {
    id: StackId ?? '',
    name: StackName ?? '',
    status: StackStatus ?? '',
    statusReason: StackStatusReason ?? '',
    parameters: Object.fromEntries(
      (Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
    outputs: Object.fromEntries(
      (Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
    tags: Object.fromEntries((Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
