import { setTimeout as sleep } from 'node:timers/promises';
import { asObject, type ResolvedStack, resolveTemplate } from '../../src/deploy/resolve-template.ts';
import type { BatchOperations } from '../batch/batch-operations.ts';
import type { LambdaFunction } from '../batch/lambda-function.ts';
import { accessKeyId } from '../http/credentials.ts';
import { S3Error } from '../http/errors.ts';
import { element } from '../http/xml.ts';
import type { Sandbox } from '../server.ts';
import { memberList, queryRoute, readMembers, refuse } from './query-protocol.ts';
import { Roles } from './roles.ts';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
/** What writes to a bucket. */
const WRITES =
  /^(PutObject|CopyObject|DeleteObjects?|CreateMultipartUpload|UploadPart|UploadPartCopy|CompleteMultipartUpload|PutObjectTagging)$/;

type Event = { resource: string; type: string; status: string; reason: string };
type Pairs = [string, string][];

export type SandboxStack = {
  id: string;
  name: string;
  token: string;
  status: string;
  template: string;
  serviceRoleArn: string;
  parameters: Pairs;
  tags: Pairs;
  resolved: ResolvedStack;
  events: Event[];
  functions: LambdaFunction[];
};

/**
 * CloudFormation and IAM of a sandbox: a stack is resolved from its template, its function runs the template's own code
 * under the template's environment, and its roles can write only while their tags say so.
 */
export class CloudFormation {
  readonly stacks: SandboxStack[] = [];
  readonly roles = new Roles();
  /** Resources that cannot be made, by logical ID, with CloudFormation's reason. */
  readonly failures = new Map<string, string>();
  stepMs = 2;
  /** of the functions; the template's own is 15 minutes */
  timeoutMs = 900_000;
  readonly #sandbox: Sandbox;
  readonly #batch: BatchOperations;
  readonly #running = new Set<Promise<void>>();

  constructor(sandbox: Sandbox, batch: BatchOperations) {
    this.#sandbox = sandbox;
    this.#batch = batch;
    batch.mayInvoke = (roleArn) => this.roles.mayWrite(roleArn);
    sandbox.on('before', (operation, request) => {
      const role = [...this.roles.byName.values()].find(({ arn }) => keyOf(arn) === accessKeyId(request));
      if (role !== undefined && WRITES.test(operation) && !this.roles.mayWrite(role.arn)) {
        throw new S3Error('AccessDenied');
      }
    });
    sandbox.routes.push(...this.#routes(), ...this.roles.routes());
  }

  find(name: string): SandboxStack {
    const stack = this.stacks.findLast(
      ({ id, name: own, status }) => id === name || (own === name && status !== 'DELETE_COMPLETE'),
    );
    if (stack === undefined) throw refuse('ValidationError', `Stack with id ${name} does not exist`);
    return stack;
  }

  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #routes() {
    return [
      queryRoute('CreateStack', (form) => element('StackId', this.#create(form).id)),
      queryRoute('DescribeStacks', (form) =>
        memberList('Stacks', [describe(this.find(form.get('StackName') ?? ''))]),
      ),
      queryRoute('DescribeStackEvents', (form) =>
        memberList(
          'StackEvents',
          this.find(form.get('StackName') ?? '')
            .events.toReversed()
            .map(
              ({ resource, type, status, reason }) =>
                `${element('LogicalResourceId', resource)}${element('ResourceType', type)}${element('ResourceStatus', status)}${element('ResourceStatusReason', reason)}`,
            ),
        ),
      ),
      queryRoute('DescribeStackResources', (form) =>
        memberList(
          'StackResources',
          Object.entries(this.find(form.get('StackName') ?? '').resolved.resources).map(
            ([id, { attributes }]) =>
              `${element('LogicalResourceId', id)}${element('PhysicalResourceId', String(attributes.ref))}`,
          ),
        ),
      ),
      queryRoute('GetTemplate', (form) =>
        element('TemplateBody', this.find(form.get('StackName') ?? '').template),
      ),
      queryRoute('DeleteStack', (form) => {
        const stack = this.stacks.findLast(({ id, name }) =>
          [id, name].includes(form.get('StackName') ?? ''),
        );
        if (stack !== undefined && stack.status !== 'DELETE_COMPLETE') this.#begin(this.#remove(stack));
        return '';
      }),
      queryRoute('ListStacks', () =>
        memberList(
          'StackSummaries',
          this.stacks.map(
            ({ id, name, status }) =>
              `${element('StackId', id)}${element('StackName', name)}${element('StackStatus', status)}`,
          ),
        ),
      ),
    ];
  }

  #create(form: URLSearchParams): SandboxStack {
    const name = form.get('StackName') ?? '';
    const token = form.get('ClientRequestToken') ?? '';
    const known = this.stacks.findLast((stack) => stack.name === name && stack.status !== 'DELETE_COMPLETE');
    if (known !== undefined && known.token === token) return known;
    if (known !== undefined) throw refuse('AlreadyExistsException', `Stack [${name}] already exists`);
    const pairs = (list: string, names: string[]) => readMembers(form, list, names) as Pairs;
    const parameters = pairs('Parameters', ['ParameterKey', 'ParameterValue']);
    const template = this.#readTemplate(form.get('TemplateURL') ?? '');
    let resolved: ResolvedStack;
    try {
      const place = { partition: 'aws', region: REGION, account: ACCOUNT, stack: name };
      resolved = resolveTemplate(template, Object.fromEntries(parameters), place);
    } catch (error) {
      throw refuse('ValidationError', `Template format error: ${(error as Error).message}`);
    }
    const stack: SandboxStack = {
      id: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/${crypto.randomUUID()}`,
      ...{ name, token, template, parameters, resolved },
      status: 'CREATE_IN_PROGRESS',
      serviceRoleArn: form.get('RoleARN') ?? '',
      tags: pairs('Tags', ['Key', 'Value']),
      events: [],
      functions: [],
    };
    this.stacks.push(stack);
    this.#begin(this.#build(stack));
    return stack;
  }

  #readTemplate(url: string): string {
    const match = /^https:\/\/([^/]+?)\.s3\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/(.+)$/.exec(url);
    const object = this.#sandbox.store.buckets
      .get(match?.[1] ?? '')
      ?.current(decodeURIComponent(match?.[2] ?? ''));
    if (object === undefined || object.isDeleteMarker)
      throw refuse('ValidationError', 'S3 error: Access Denied');
    return (object.content.bytes ?? Buffer.alloc(0)).toString('utf8');
  }

  async #build(stack: SandboxStack): Promise<void> {
    for (const [id, { type, properties, attributes }] of Object.entries(stack.resolved.resources)) {
      await sleep(this.stepMs);
      const reason = this.failures.get(id);
      if (reason !== undefined) {
        stack.events.push({ resource: id, type, status: 'CREATE_FAILED', reason });
        const rest = 'Resource creation cancelled';
        stack.events.push({ resource: 'Other', type: 'AWS::Other', status: 'CREATE_FAILED', reason: rest });
        stack.status = 'ROLLBACK_COMPLETE';
        return;
      }
      const arn = String(attributes.arn);
      if (type === 'AWS::IAM::Role') this.roles.add(String(attributes.ref), arn, properties);
      stack.events.push({ resource: id, type, status: 'CREATE_COMPLETE', reason: '' });
    }
    this.#register(stack);
    stack.status = 'CREATE_COMPLETE';
  }

  /** The function runs the code of the template, with keys that name its role. */
  #register(stack: SandboxStack): void {
    const { TaskFunction, TaskVersion } = stack.resolved.resources;
    if (TaskFunction === undefined || TaskVersion === undefined) return;
    const { Code, Environment, Role } = TaskFunction.properties;
    const variables = asObject(asObject(Environment ?? {}).Variables ?? {});
    const environment = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, String(value)]),
    );
    const lambda = this.#batch.registerFunction(
      String(TaskVersion.attributes.ref),
      String(asObject(Code ?? {}).ZipFile),
      {
        timeoutMs: this.timeoutMs,
        environment: {
          ...environment,
          AWS_ENDPOINT_URL_S3: this.#sandbox.endpoint,
          AWS_REGION: REGION,
          AWS_ACCESS_KEY_ID: keyOf(String(Role)),
          AWS_SECRET_ACCESS_KEY: 'secret',
        },
      },
    );
    stack.functions.push(lambda);
  }

  async #remove(stack: SandboxStack): Promise<void> {
    stack.status = 'DELETE_IN_PROGRESS';
    await sleep(this.stepMs);
    for (const { type, attributes } of Object.values(stack.resolved.resources)) {
      if (type === 'AWS::IAM::Role') this.roles.byName.delete(String(attributes.ref));
    }
    stack.status = 'DELETE_COMPLETE';
  }

  #begin(work: Promise<void>): void {
    const done = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
  }
}

/** The access key of a role's sessions: letters and digits, as keys are. */
function keyOf(arn: string): string {
  return `ASIA${arn.replace(/[^A-Za-z0-9]/g, '').slice(-60)}`;
}

function describe(stack: SandboxStack): string {
  const pairs = (name: string, key: string, value: string, list: Pairs) =>
    memberList(
      name,
      list.map(([first, second]) => `${element(key, first)}${element(value, second)}`),
    );
  const outputs = Object.entries(stack.resolved.outputs).map(([key, value]): [string, string] => [
    key,
    String(value),
  ]);
  return [
    element('StackId', stack.id),
    element('StackName', stack.name),
    element('StackStatus', stack.status),
    element('CreationTime', new Date().toISOString()),
    pairs('Parameters', 'ParameterKey', 'ParameterValue', stack.parameters),
    pairs('Outputs', 'OutputKey', 'OutputValue', stack.status === 'CREATE_COMPLETE' ? outputs : []),
    pairs('Tags', 'Key', 'Value', stack.tags),
  ].join('');
}
