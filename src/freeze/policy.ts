import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import { type FreezeMark, type FreezeStatement, parseSid } from './statement.ts';

/** "Bucket policies are limited to 20 KB in size" (Amazon S3 User Guide, "Bucket policies"). */
export const MAX_POLICY_BYTES = 20 * 1024;
const VERSION_WITH_VARIABLES = '2012-10-17';
/** What S3 keeps in place of a principal that is gone; it takes no policy that holds one (IAM User Guide, "Principal"). */
const GONE_PRINCIPAL = /^A(?:IDA|ROA)[A-Z0-9]{12,}$/;
const LISTS = ['Action', 'NotAction', 'Resource', 'NotResource'];
const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;

type Statement = Record<string, unknown>;

/** A bucket policy as it was read: `text` as it stood. */
export type BucketPolicy = {
  text: string | null;
  /** of the document beside its statements: Version, Id */
  head: Record<string, unknown>;
  statements: Statement[];
};

/** @param text null: the bucket has none @throws RunbookError POLICY_UNREADABLE */
export function parsePolicy(text: string | null): BucketPolicy {
  if (text === null) return { text, head: { Version: VERSION_WITH_VARIABLES }, statements: [] };
  const document = parseJson(text);
  const statements = isObject(document) ? [document.Statement].flat() : [];
  if (!isObject(document) || statements.length === 0 || !statements.every(isObject)) throw unreadable();
  const { Statement: _statement, ...head } = document;
  return { text, head, statements };
}

/** Before 2012-10-17, which is the default, `${*}` is no variable (IAM User Guide, "Version"). */
export function hasVariables({ head }: BucketPolicy): boolean {
  return head.Version === VERSION_WITH_VARIABLES;
}

/** The freezes that a policy holds, whoever made them. */
export function freezesOf({ statements }: BucketPolicy): FreezeMark[] {
  return statements.map(({ Sid }) => parseSid(Sid)).filter((mark) => mark !== null);
}

/** The policy without the statement of a freeze. */
export function withoutFreeze(policy: BucketPolicy, id: string): BucketPolicy {
  const statements = policy.statements.filter(({ Sid }) => parseSid(Sid)?.id !== id);
  if (statements.length === policy.statements.length) return policy;
  const text = statements.length === 0 ? null : JSON.stringify({ ...policy.head, Statement: statements });
  return { ...policy, text, statements };
}

/** @throws RunbookError POLICY_TOO_LARGE, POLICY_UNREADABLE where S3 would refuse it */
export function withFreeze(policy: BucketPolicy, statement: FreezeStatement): string {
  const gone = policy.statements.flatMap((one) => principalsOf(one)).find((one) => GONE_PRINCIPAL.test(one));
  if (gone !== undefined) {
    throw new RunbookError(
      'POLICY_UNREADABLE',
      `The bucket policy names the principal ${gone}, which is gone: S3 takes no policy with it any more.`,
      { hint: 'take that principal out of the bucket policy, then run the same command again' },
    );
  }
  const text = JSON.stringify({ ...policy.head, Statement: [...policy.statements, statement] });
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_POLICY_BYTES) return text;
  throw new RunbookError(
    'POLICY_TOO_LARGE',
    `With the statement of the freeze the bucket policy would have ${bytes} bytes; S3 takes ${MAX_POLICY_BYTES}.`,
    { hint: 'except fewer principals, or with one pattern; or shorten the policy of the bucket first' },
  );
}

/** Whether the statement of a freeze stands in a policy as it was written. */
export function holdsStatement({ statements }: BucketPolicy, statement: Statement): boolean {
  const sought = canonicalStatement(statement);
  return statements.some((one) => canonicalStatement(one) === sought);
}

/** Whether two policies say the same. S3 does not always give back the text that was put. */
export function saysTheSame(one: BucketPolicy, other: BucketPolicy): boolean {
  if (one.statements.length === 0 && other.statements.length === 0) return true;
  return canonicalPolicy(one) === canonicalPolicy(other);
}

/** The statements of one policy that another does not hold, by name or place. */
export function statementsMissing(from: BucketPolicy, those: BucketPolicy): string[] {
  const there = new Set(from.statements.map(canonicalStatement));
  return those.statements
    .map((statement, index) => ({ statement, name: nameOf(statement, index) }))
    .filter(({ statement }) => !there.has(canonicalStatement(statement)))
    .map(({ name }) => name);
}

function nameOf({ Sid }: Statement, index: number): string {
  return typeof Sid === 'string' && Sid !== '' ? Sid : `statement ${index + 1}`;
}

function canonicalPolicy({ head, statements }: BucketPolicy): string {
  return canonicalize({ ...head, Statement: statements.map(canonicalStatement).toSorted() }) ?? '';
}

/** The order in lists, and whether one value is a list, mean nothing (IAM User Guide, "Grammar"). */
function canonicalStatement(statement: Statement): string {
  const same = Object.entries(statement).map(([name, value]) => {
    if (LISTS.includes(name)) return [name, listOf(value)];
    if (name === 'Principal' || name === 'NotPrincipal') {
      const principals = value === '*' ? { AWS: '*' } : value;
      return [
        name,
        isObject(principals) ? mapValues(principals, (list) => listOf(list).map(account)) : value,
      ];
    }
    if (name !== 'Condition' || !isObject(value)) return [name, value];
    return [name, mapValues(value, (keys) => (isObject(keys) ? mapValues(keys, listOf) : keys))];
  });
  return canonicalize(Object.fromEntries(same)) ?? '';
}

/** S3 gives back an account ID as the ARN of its root. */
function account(principal: string): string {
  return ROOT.exec(principal)?.[1] ?? principal;
}

function listOf(value: unknown): string[] {
  return [...new Set([value].flat().map(String))].toSorted();
}

function mapValues(
  object: Record<string, unknown>,
  map: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}

function principalsOf({ Principal, NotPrincipal }: Statement): string[] {
  return [Principal, NotPrincipal].filter(isObject).flatMap(({ AWS }) => [AWS].flat().map(String));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): RunbookError {
  return new RunbookError('POLICY_UNREADABLE', 'The policy of the bucket is no policy document.', {
    hint: 'see it with: aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
