import {
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  TagRoleCommand,
  UntagRoleCommand,
} from '@aws-sdk/client-iam';
import type { RoleCalls } from '../s3/stack.ts';
import type { QueryEndpoint } from './query-clients.ts';
import { type ServiceSend, serviceSend } from './service-send.ts';

/** A client of IAM that does not retry: the calls do. IAM has one endpoint a partition; the Region names the partition. */
export function openRoleClient({ endpointUrl, region }: QueryEndpoint): IAMClient {
  return new IAMClient({
    maxAttempts: 1,
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
}

export function openRoleCalls(client: IAMClient): RoleCalls {
  const send: ServiceSend = (action, resource, request) =>
    serviceSend({ service: 'IAM', action: `iam:${action}`, resource }, request);

  /** All pages of a list. */
  async function all<T>(
    read: (marker: string | undefined) => Promise<{ items: T[]; next: string | undefined }>,
  ) {
    const items: T[] = [];
    let marker: string | undefined;
    do {
      const page = await read(marker);
      items.push(...page.items);
      marker = page.next;
    } while (marker !== undefined);
    return items;
  }

  return {
    async readRole(name) {
      const about = `the role ${name}`;
      const at = (Marker: string | undefined) => ({
        RoleName: name,
        ...(Marker !== undefined && { Marker }),
      });
      const { Role } = await send('GetRole', about, () =>
        client.send(new GetRoleCommand({ RoleName: name })),
      );
      const tags = await all(async (marker) => {
        const page = await send('ListRoleTags', about, () =>
          client.send(new ListRoleTagsCommand(at(marker))),
        );
        return { items: page.Tags ?? [], next: page.Marker };
      });
      const names = await all(async (marker) => {
        const page = await send('ListRolePolicies', about, () =>
          client.send(new ListRolePoliciesCommand(at(marker))),
        );
        return { items: page.PolicyNames ?? [], next: page.Marker };
      });
      const attached = await all(async (marker) => {
        const page = await send('ListAttachedRolePolicies', about, () =>
          client.send(new ListAttachedRolePoliciesCommand(at(marker))),
        );
        return { items: page.AttachedPolicies ?? [], next: page.Marker };
      });
      const policies: Record<string, unknown> = {};
      for (const PolicyName of names) {
        const { PolicyDocument } = await send('GetRolePolicy', about, () =>
          client.send(new GetRolePolicyCommand({ RoleName: name, PolicyName })),
        );
        policies[PolicyName] = parseDocument(PolicyDocument);
      }
      return {
        name,
        arn: Role?.Arn ?? '',
        boundaryArn: Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
        trust: parseDocument(Role?.AssumeRolePolicyDocument),
        tags: Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
        policies,
        attached: attached.map(({ PolicyArn = '' }) => PolicyArn),
      };
    },
    async tagRole(name, Key, Value) {
      await send('TagRole', `the role ${name}`, () =>
        client.send(new TagRoleCommand({ RoleName: name, Tags: [{ Key, Value }] })),
      );
    },
    async untagRole(name, key) {
      await send('UntagRole', `the role ${name}`, () =>
        client.send(new UntagRoleCommand({ RoleName: name, TagKeys: [key] })),
      );
    },
  };
}

/** "URL-encoded compliant with RFC 3986" (API_GetRolePolicy). */
export function parseDocument(text: string | undefined): unknown {
  return text === undefined ? null : JSON.parse(decodeURIComponent(text));
}
