// Makes the stacks on a server that has CloudFormation, IAM and Lambda, and lets the task function carry out a plan:
//
//   node test/real-servers/stack.ts --endpoint-url http://127.0.0.1:4566
//
// The bootstrap template becomes a stack, and its outputs serve the stack of a rollback. What the server gives back of
// that one is held against the plan, as start-jobs does it. The function is then invoked with events as S3 Batch
// Operations sends them, and cleanup takes all of it away. A fresh server on this machine only: names of the bootstrap
// stack are fixed. Exit status 1: something went otherwise than promised, or than is known here.
import { deepStrictEqual, match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { GetRoleCommand, IAMClient, PutRolePermissionsBoundaryCommand } from '@aws-sdk/client-iam';
import { openDeploySite } from '../../src/cli/deploy-site.ts';
import { checkStack, roleNamesOf } from '../../src/deploy/check-stack.ts';
import { taskOf } from '../../src/deploy/deploy-jobs.ts';
import { deployStack } from '../../src/deploy/deploy-stack.ts';
import { pinManifest, readRemotePlan } from '../../src/deploy/remote-plan.ts';
import type { DeploySite } from '../../src/deploy/site.ts';
import type { RecordPlace } from '../../src/execute/batch/record-place.ts';
import { formatTaskArguments } from '../../src/execute/batch/task-arguments.ts';
import { formatTaskKey } from '../../src/execute/batch/task-key.ts';
import { splitsOf } from '../../src/execute/split.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { APPROVED_TAG } from '../../src/s3/aws-names.ts';
import type { Stack } from '../../src/s3/stack.ts';
import { isLoopback, ServerUnderTest } from '../conformance/server-under-test.ts';
import { runInChild } from '../execute/command.ts';
import { badDeploy, promisedState } from './history.ts';
import { PlayedBucket } from './played-bucket.ts';

const REGION = 'us-east-1';
/** MiniStack's, where the access key is no account ID. */
const ACCOUNT = '000000000000';
const BOOTSTRAP = 's3-rewind-bootstrap';
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;

/** What MiniStack 1.5.33 does otherwise than AWS; how it is met stands below. */
const KNOWN = [
  'AWS::IAM::OIDCProvider is no type that it knows: the provider of the account is named instead',
  'a template is looked for by the path of its URL alone',
  'a role of a stack does not get its PermissionsBoundary: it is put on by hand',
  'policies are not enforced: the function would write without the tag of an approval',
  'nodejs24.x is the node of the PATH, and its SDK that of NODE_PATH',
];

const { values } = parseArgs({ options: { 'endpoint-url': { type: 'string', default: '' } } });
const endpoint = values['endpoint-url'];
const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
if (isLoopback(endpoint)) {
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-stack-'));
  try {
    await tryStacks(folder);
    for (const line of KNOWN) say(`known   ${line}`);
  } catch (error) {
    say(`FAILED  ${error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} else {
  process.stderr.write('usage: node test/real-servers/stack.ts --endpoint-url http://127.0.0.1:PORT\n');
  process.exitCode = 2;
}

async function tryStacks(folder: string): Promise<void> {
  const server = new ServerUnderTest({ endpoint, ...credentials });
  const site = openSite();
  const { RecordBucket = '', BoundaryArn = '', ServiceRoleArn = '' } = await makeBootstrap(site, folder);
  say('ok      the bootstrap template becomes a stack');

  const history = badDeploy();
  const bucket = new PlayedBucket(server, await server.newBucket({ versioning: false }));
  await bucket.play(history.unversioned);
  await server.setVersioning(bucket.name, 'Enabled');
  await bucket.play(history.before);
  const second = Math.ceil(Date.now() / 1000);
  await sleep((second + 1) * 1000 + 200 - Date.now());
  await bucket.play(history.after);
  const timestamp = new Date(second * 1000).toISOString().replace('.000Z', 'Z');
  const { rollbackId } = await run<{ rollbackId: string }>(server, [
    ...['plan', '--list', '--bucket', bucket.name, '--timestamp', timestamp, '--out', join(folder, 'plan')],
    ...['--record-bucket', RecordBucket, '--json', '--quiet'],
  ]);
  const place: RecordPlace = { bucket: RecordBucket, prefix: `${rollbackId}/` };
  const { plan } = await readRemotePlan(site, place);
  const setting = { boundaryArn: BoundaryArn, serviceRoleArn: ServiceRoleArn, region: REGION };
  const tags = { repository: 'someone/data', runId: '1', expires: '2999-01-01T00:00:00Z' };
  const deploy = () => deployStack(site, place, plan, { ...setting, ...tags, reservedConcurrency: '2' });
  const stack = await deploy();
  deepStrictEqual((await deploy()).id, stack.id);
  say(
    'ok      the template of a plan becomes a stack, once, under the boundary and service role of the other',
  );

  // A role without its boundary is just what the check is there to find.
  await rejects(checkStack(site, place, plan, stack), /has the boundary none/);
  await setBoundaries(stack, BoundaryArn);
  await checkStack(site, place, plan, stack);
  say('ok      template, parameters, roles, trust and policies come back as the plan has them');

  for (const name of roleNamesOf(stack)) {
    await site.roles.tagRole(name, APPROVED_TAG, plan.digest);
    deepStrictEqual((await site.roles.readRole(name)).tags[APPROVED_TAG], plan.digest);
  }
  const rows = await carryOut(site, place, plan, stack);
  const keys = [...history.unversioned, ...history.before, ...history.after].map(({ key }) => key);
  deepStrictEqual(await bucket.readState(keys), promisedState(history, 'bucket-rollback'));
  say(
    `ok      the function of the stack carried out ${rows} rows; each key is as it was at the point in time`,
  );
  for (const name of roleNamesOf(stack)) {
    await site.roles.untagRole(name, APPROVED_TAG);
    deepStrictEqual((await site.roles.readRole(name)).tags[APPROVED_TAG], undefined);
  }

  const clean = ['cleanup', '--record', `s3://${RecordBucket}/${rollbackId}/`, '--json', '--quiet'];
  deepStrictEqual((await run<{ cleaned: { stack: string }[] }>(server, clean)).cleaned[0]?.stack, stack.name);
  const iam = openIam();
  for (const RoleName of roleNamesOf(stack)) await rejects(iam.send(new GetRoleCommand({ RoleName })));
  deepStrictEqual((await run<{ cleaned: { stack: null }[] }>(server, clean)).cleaned[0]?.stack, null);
  await readRemotePlan(site, place);
  say('ok      cleanup takes the stack and its roles away, twice if need be, and the record stays');
}

function openSite(): DeploySite {
  const options = { endpointUrl: endpoint, region: REGION, forcePathStyle: true, pollSeconds: '0.1' };
  const site = openDeploySite(options, { partition: 'aws', account: ACCOUNT }, () => {});
  const { createStack } = site.stacks;
  const byPath = (url: string) => url.replace(/^https:\/\/([^./]+)\.[^/]+/, `${endpoint}/$1`);
  site.stacks.createStack = (request) =>
    createStack({ ...request, templateUrl: byPath(request.templateUrl) });
  return site;
}

async function makeBootstrap({ stacks }: DeploySite, folder: string): Promise<Stack['outputs']> {
  const file = join(folder, 'bootstrap.yaml');
  await run(null, ['bootstrap', '--repository', 'someone/data', '--out', file]);
  const client = new CloudFormationClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
  const parameters = {
    RollbackBuckets: 'arn:aws:s3:::conformance-*',
    OidcProviderArn: PROVIDER,
    RecordBucketName: 's3-rewind-stack-records',
  };
  await client.send(
    new CreateStackCommand({
      StackName: BOOTSTRAP,
      TemplateBody: await readFile(file, 'utf8'),
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  for (;;) {
    const stack = await stacks.describeStack(BOOTSTRAP);
    if (stack?.status === 'CREATE_COMPLETE') return stack.outputs;
    ok(stack?.status.endsWith('_IN_PROGRESS'), `the bootstrap stack is ${stack?.status}`);
    await sleep(100);
  }
}

async function setBoundaries(stack: Stack, PermissionsBoundary: string): Promise<void> {
  const iam = openIam();
  for (const RoleName of roleNamesOf(stack)) {
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
  }
}

function openIam(): IAMClient {
  return new IAMClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
}

/** Delivers every task of the jobs, each twice, and one of another plan. @returns how many rows there were */
async function carryOut(
  site: DeploySite,
  place: RecordPlace,
  plan: RollbackPlan,
  stack: Stack,
): Promise<number> {
  ok(plan.manifests.length > 1, 'the plan has several scenarios');
  for (const manifest of plan.manifests) {
    const pinned = await pinManifest(site, place, manifest);
    const order = { scenario: manifest.scenario, attempt: 1, manifest: pinned, splits: null };
    const task = formatTaskArguments(taskOf(place, plan, order));
    let done = 0;
    for (const split of splitsOf(pinned)) {
      const key = formatTaskKey(split);
      const strange = { ...task, digest: `sha256:${'b'.repeat(64)}` };
      match(await invoke(stack, plan, strange, key), /^PermanentFailure: TASK_REFUSED: digest/);
      const answer = await invoke(stack, plan, task, key);
      const { groups } = /^Succeeded: \{"done":(?<rows>\d+)\}$/.exec(answer) ?? {};
      ok(groups?.rows !== undefined, answer);
      done += Number(groups.rows);
      // The journal of the first delivery answers the second one.
      deepStrictEqual(await invoke(stack, plan, task, key), answer);
    }
    deepStrictEqual(done, manifest.rows);
  }
  return plan.manifests.reduce((sum, { rows }) => sum + rows, 0);
}

/** One task, as S3 Batch Operations sends it (invocation schema 2.0). @returns code and text of its result */
async function invoke(
  { outputs }: Stack,
  { inputs }: RollbackPlan,
  userArguments: object,
  s3Key: string,
): Promise<string> {
  const task = { taskId: 'dGFzaw==', s3Key, s3VersionId: null, s3Bucket: inputs.bucket };
  const event = {
    invocationSchemaVersion: '2.0',
    invocationId: 'aW52b2NhdGlvbg==',
    job: { id: 'f3cc4f60-61f6-4a2b-8a21-d07600c373ce', userArguments },
    tasks: [task],
  };
  const name = encodeURIComponent(outputs.TaskFunctionArn ?? '');
  const response = await fetch(`${endpoint}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    body: JSON.stringify(event),
  });
  const text = await response.text();
  const { invocationId, results = [] } = JSON.parse(text) as {
    invocationId?: string;
    results?: { taskId: string; resultCode: string; resultString: string }[];
  };
  const [result] = results;
  ok(invocationId === event.invocationId && results.length === 1 && result?.taskId === task.taskId, text);
  return `${result.resultCode}: ${result.resultString}`;
}

async function run<T>(store: ServerUnderTest | null, args: string[]): Promise<T> {
  const environment = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  const { status, stdout, stderr } = await runInChild(store, args, environment);
  deepStrictEqual(status, 0, `${args[0]}: ${stderr}`);
  return (args.includes('--json') ? JSON.parse(stdout) : null) as T;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
