import type { Json, JsonObject } from '../../src/deploy/resolve-template.ts';
import type { Route } from '../http/router.ts';
import { element } from '../http/xml.ts';
import { memberList, queryRoute, readMembers, refuse } from './query-protocol.ts';

export type SandboxRole = {
  name: string;
  arn: string;
  boundaryArn: string;
  trust: Json;
  policies: Map<string, Json>;
  attached: string[];
  tags: Map<string, string>;
};

const APPROVED = 's3-rewind:approved';
const DIGEST = 's3-rewind:digest';

/** Roles of IAM, as stacks make them. */
export class Roles {
  readonly byName = new Map<string, SandboxRole>();
  /** ARNs of managed policies that are there. */
  readonly managedPolicies = new Set<string>();
  /** Who sends requests, as STS tells it. */
  caller = 'arn:aws:iam::123456789012:user/tester';

  add(name: string, arn: string, properties: JsonObject): void {
    this.byName.set(name, {
      name,
      arn,
      boundaryArn: String(properties.PermissionsBoundary ?? ''),
      trust: properties.AssumeRolePolicyDocument ?? null,
      policies: new Map(
        (properties.Policies as JsonObject[]).map((policy) => [
          String(policy.PolicyName),
          policy.PolicyDocument ?? null,
        ]),
      ),
      attached: [],
      tags: new Map((properties.Tags as JsonObject[]).map((tag) => [String(tag.Key), String(tag.Value)])),
    });
  }

  /** What the boundary of the bootstrap stack says: a role may write while it bears the digest of its plan. */
  mayWrite(arn: string): boolean {
    const role = [...this.byName.values()].find((one) => one.arn === arn);
    const digest = role?.tags.get(DIGEST);
    return digest !== undefined && role?.tags.get(APPROVED) === digest;
  }

  routes(): Route[] {
    const found = (name: string | null): SandboxRole =>
      this.byName.get(name ?? '') ??
      (() => {
        throw refuse('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
      })();
    const document = (value: Json) => encodeURIComponent(JSON.stringify(value));
    const end = element('IsTruncated', false);
    return [
      queryRoute('GetRole', (form) => {
        const { name, arn, trust, boundaryArn } = found(form.get('RoleName'));
        const boundary = `<PermissionsBoundary>${element('PermissionsBoundaryArn', boundaryArn)}</PermissionsBoundary>`;
        return `<Role>${element('RoleName', name)}${element('Arn', arn)}${element('AssumeRolePolicyDocument', document(trust))}${boundary}</Role>`;
      }),
      queryRoute('ListRoleTags', (form) => {
        const tags = [...found(form.get('RoleName')).tags].map(
          ([key, value]) => `${element('Key', key)}${element('Value', value)}`,
        );
        return `${memberList('Tags', tags)}${end}`;
      }),
      queryRoute('ListRolePolicies', (form) => {
        const names = [...found(form.get('RoleName')).policies.keys()];
        return `${memberList('PolicyNames', names)}${end}`;
      }),
      queryRoute('GetRolePolicy', (form) => {
        const policy = found(form.get('RoleName')).policies.get(form.get('PolicyName') ?? '') ?? null;
        return element('PolicyDocument', document(policy));
      }),
      queryRoute('ListAttachedRolePolicies', (form) => {
        const attached = found(form.get('RoleName')).attached.map((arn) => element('PolicyArn', arn));
        return `${memberList('AttachedPolicies', attached)}${end}`;
      }),
      queryRoute('GetPolicy', (form) => {
        const arn = form.get('PolicyArn') ?? '';
        if (!this.managedPolicies.has(arn)) throw refuse('NoSuchEntity', `Policy ${arn} was not found.`, 404);
        return `<Policy>${element('PolicyName', arn.split('/').at(-1))}${element('Arn', arn)}</Policy>`;
      }),
      queryRoute('GetCallerIdentity', () => {
        const account = this.caller.split(':')[4] ?? '';
        return `${element('Arn', this.caller)}${element('UserId', 'AIDA')}${element('Account', account)}`;
      }),
      queryRoute('TagRole', (form) => {
        const role = found(form.get('RoleName'));
        for (const [key = '', value = ''] of readMembers(form, 'Tags', ['Key', 'Value']))
          role.tags.set(key, value);
        return '';
      }),
      queryRoute('UntagRole', (form) => {
        const role = found(form.get('RoleName'));
        for (const [key = ''] of readMembers(form, 'TagKeys', [''])) role.tags.delete(key);
        return '';
      }),
    ];
  }
}
