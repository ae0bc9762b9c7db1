import type { Bucket } from './bucket.ts';
import type { S3Request } from './http/request.ts';

/** The account that the users of unknown access keys are in. */
const ACCOUNT_ID = '123456789012';

/** Actions of IAM by the operation that needs them, where they are not called alike. Operations without a line are let through. */
const ACTIONS: Readonly<Record<string, string>> = {
  PutObject: 's3:PutObject',
  CopyObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  DeleteObject: 's3:DeleteObject',
  PutObjectTagging: 's3:PutObjectTagging',
  PutObjectRetention: 's3:PutObjectRetention',
  PutBucketVersioning: 's3:PutBucketVersioning',
  PutBucketLifecycleConfiguration: 's3:PutLifecycleConfiguration',
  DeleteBucketLifecycle: 's3:PutLifecycleConfiguration',
  PutBucketPolicy: 's3:PutBucketPolicy',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
  DeleteBucket: 's3:DeleteBucket',
};

type Statement = {
  Effect?: unknown;
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};

/** The ARN by which a bucket policy knows whoever holds an access key. */
export function principalOf(accessKeyId: string | undefined, known: ReadonlyMap<string, string>): string {
  return known.get(accessKeyId ?? '') ?? `arn:aws:iam::${ACCOUNT_ID}:user/${accessKeyId ?? 'anonymous'}`;
}

/** What IAM calls an operation; undefined: not looked at. */
export function actionOf(operation: string, request: S3Request): string | undefined {
  const action = ACTIONS[operation];
  return action === 's3:DeleteObject' && request.query.has('versionId') ? 's3:DeleteObjectVersion' : action;
}

/**
 * Whether the policy of a bucket denies a write. Statements that deny everybody (Principal `*`) are looked at, with
 * conditions on aws:PrincipalArn and aws:PrincipalIsAWSService; one with any other condition is left out.
 */
export function isDenied(bucket: Bucket, principal: string, action: string, key?: string): boolean {
  const text = bucket.configurations.get('policy');
  if (text === undefined) return false;
  const { Version, Statement } = JSON.parse(text) as {
    Version?: string;
    Statement?: Statement | Statement[];
  };
  const resource = `arn:aws:s3:::${bucket.name}${key === undefined ? '' : `/${key}`}`;
  return [Statement ?? []].flat().some((statement) => {
    if (statement.Effect !== 'Deny' || !isEverybody(statement.Principal)) return false;
    const actions = [statement.Action ?? []].flat();
    if (!actions.some((pattern) => isLike(pattern.toLowerCase(), action.toLowerCase()))) return false;
    const resources = [statement.Resource ?? []].flat();
    const knowsVariables = Version === '2012-10-17';
    if (!resources.some((pattern) => isLike(pattern, resource, knowsVariables))) return false;
    return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([name, values]) => holds(operator, name, [values].flat(), principal)),
    );
  });
}

function holds(operator: string, name: string, values: string[], principal: string): boolean {
  if (name === 'aws:PrincipalArn') {
    const isOne = values.some((pattern) => isLike(pattern, principal));
    if (operator === 'ArnLike' || operator === 'StringLike') return isOne;
    if (operator === 'ArnNotLike' || operator === 'StringNotLike') return !isOne;
  }
  // Nobody here is a service.
  if (name === 'aws:PrincipalIsAWSService' && /^Bool(IfExists)?$/.test(operator))
    return values.includes('false');
  return false;
}

function isEverybody(principal: unknown): boolean {
  return principal === '*' || (principal as { AWS?: unknown } | null)?.AWS === '*';
}

/** `*` and `?` are wildcards; `${*}`, `${?}` and `${$}` stand for the character itself. */
function isLike(pattern: string, text: string, knowsVariables = true): boolean {
  const source = pattern.replace(/\$\{([*?$])\}|[\s\S]/gu, (part, variable: string | undefined) => {
    if (variable !== undefined && knowsVariables) return literal(variable);
    if (variable !== undefined) return [...part].map(wildcardOf).join('');
    return wildcardOf(part);
  });
  return new RegExp(`^${source}$`, 'su').test(text);
}

function wildcardOf(character: string): string {
  if (character === '*') return '.*';
  return character === '?' ? '.' : literal(character);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
