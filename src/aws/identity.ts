import { GetPolicyCommand, GetRoleCommand, type IAMClient } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { QueryEndpoint } from './query-clients.ts';
import { parseDocument } from './roles.ts';
import { serviceSend } from './service-send.ts';

const MISSING = /^NoSuchEntity/;

/** Tells whose credentials these are. Nobody needs a permission for that (API_GetCallerIdentity). */
export async function readIdentity({ endpointUrl, region }: QueryEndpoint) {
  const client = new STSClient({
    maxAttempts: 1,
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
  try {
    const subject = { service: 'STS', action: 'sts:GetCallerIdentity', resource: 'these credentials' };
    const { Account = '', Arn = '' } = await serviceSend(subject, () =>
      client.send(new GetCallerIdentityCommand({})),
    );
    return { account: Account, arn: Arn };
  } finally {
    client.destroy();
  }
}

/** Reads what the bootstrap stack made in IAM. Each throws RunbookError ACCESS_DENIED, AWS_FAILED, … */
export function openBootstrapReader(client: IAMClient) {
  const read = <Answer>(action: string, resource: string, send: () => Promise<Answer>) =>
    serviceSend({ service: 'IAM', action: `iam:${action}`, resource }, async () => {
      try {
        return await send();
      } catch (error) {
        if (error instanceof Error && MISSING.test(error.name)) return null;
        throw error;
      }
    });
  return {
    /** The name of a managed policy; null: there is no such policy. */
    async readPolicyName(arn: string): Promise<string | null> {
      const answer = await read('GetPolicy', `the policy ${arn}`, () =>
        client.send(new GetPolicyCommand({ PolicyArn: arn })),
      );
      return answer === null ? null : (answer.Policy?.PolicyName ?? '');
    },

    /** Whom a role trusts; null: there is no such role. */
    async readTrust(name: string): Promise<{ trust: unknown } | null> {
      const answer = await read('GetRole', `the role ${name}`, () =>
        client.send(new GetRoleCommand({ RoleName: name })),
      );
      return answer === null ? null : { trust: parseDocument(answer.Role?.AssumeRolePolicyDocument) };
    },
  };
}
