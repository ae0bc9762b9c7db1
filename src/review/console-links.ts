/**
 * Addresses in the AWS console. Each partition has a console of its own, and a page of another Region shows nothing.
 * Console addresses are no API: a link may break without harm, so nothing but a reader follows them.
 */

/** Domain of the console, by the beginning of the Region's name; the first that fits counts. */
const DOMAINS: readonly [prefix: string, domain: string][] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
  ['', 'console.aws.amazon.com'],
];

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const JOB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const STACK_ARN = /^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack\/[A-Za-z0-9-]+\/[0-9a-f-]+$/;
/** Partitions without a console in the open internet (`aws-iso…`, `aws-eusc`) get no links. */
const UNKNOWN_CONSOLE = /^(?:us-isob?|us-isof|eu-isoe|eusc)-/;

/** Address of one object's page. @returns null where Region or bucket are none, or the partition's console is unknown */
export function linkToObject(region: string, bucket: string, key: string): string | null {
  return BUCKET.test(bucket) ? build(region, `/s3/object/${bucket}`, { region, prefix: key }) : null;
}

/** Address of what lies under a prefix. @param prefix ends with a slash */
export function linkToPrefix(region: string, bucket: string, prefix: string): string | null {
  return BUCKET.test(bucket)
    ? build(region, `/s3/buckets/${bucket}`, { region, prefix, showversions: 'false' })
    : null;
}

/** Address of an S3 Batch Operations job. */
export function linkToBatchJob(region: string, jobId: string): string | null {
  return JOB_ID.test(jobId) ? build(region, `/s3/jobs/${jobId}`, { region }) : null;
}

/** Address of a CloudFormation stack. */
export function linkToStack(region: string, stackArn: string): string | null {
  if (!STACK_ARN.test(stackArn)) return null;
  const page = build(region, '/cloudformation/home', { region });
  return page === null ? null : `${page}#/stacks/stackinfo?stackId=${encodeURIComponent(stackArn)}`;
}

function build(region: string, path: string, query: Record<string, string>): string | null {
  if (!REGION.test(region) || UNKNOWN_CONSOLE.test(region)) return null;
  const [, domain = ''] = DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`);
  return `https://${region}.${domain}${path}?${parameters.join('&')}`;
}

/** encodeURIComponent throws at half a surrogate pair, and leaves signs that end a Markdown link. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
