import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import { CloudFormation } from '../../sandbox/cloudformation/cloud-formation.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { ROOT, runWorkflow, type WorkflowEnd } from './act.ts';
import { writeStubs } from './stubs.ts';

/** An account and a GitHub on loopback, and people who dispatch and approve. */

export const ENVIRONMENT = 's3-rewind';
export const RECORDS = 'records';
const ACCOUNT = '123456789012';

/** Variables of the repository, without the bootstrap stack and with it. */
export const DIRECT = {
  S3_REWIND_PLAN_ROLE: arnOf('role/plan'),
  S3_REWIND_START_ROLE: arnOf('role/start-jobs'),
  S3_REWIND_REGION: 'us-east-1',
  S3_REWIND_ACCOUNT: ACCOUNT,
};
export const BOOTSTRAPPED = {
  ...DIRECT,
  S3_REWIND_DEPLOY_ROLE: arnOf('role/deploy'),
  S3_REWIND_CLEANUP_ROLE: arnOf('role/cleanup'),
  S3_REWIND_BOUNDARY: arnOf('policy/s3-rewind/bootstrap/s3-rewind-Boundary'),
  S3_REWIND_SERVICE_ROLE: arnOf('role/s3-rewind/bootstrap/s3-rewind-ServiceRole'),
  S3_REWIND_RECORD_BUCKET: RECORDS,
  S3_REWIND_DRILL_ROLE: arnOf('role/drill'),
};

/** A repository whose workflows are run. */
export type Case = {
  name: string;
  repository: string;
  workflows: string;
  args: string[];
  /** whether its stories go down every path, or along the good one alone: the actions are the same in both */
  isThorough: boolean;
};
/** None of the services of AWS keeps a step waiting. */
export type Stage = {
  program: string;
  scratch: string;
  sandbox: Sandbox;
  double: GitHubDouble;
  batch: BatchOperations;
  cloudFormation: CloudFormation;
};

export async function onStage(
  place: { program: string; scratch: string },
  story: (stage: Stage) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ seed: 7 });
  const double = await startGitHubDouble();
  const batch = new BatchOperations(sandbox);
  const cloudFormation = new CloudFormation(sandbox, batch);
  try {
    sandbox.routes.push(...new GlueCatalog().routes());
    // A look then comes after the change, and no step has to wait for the next one.
    cloudFormation.stepMs = 0;
    batch.settings.stepMs = 0;
    sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
    prepareGitHub(double);
    const scratch = join(place.scratch, `case-${sandbox.endpoint.split(':').at(-1)}`);
    await story({ program: place.program, scratch, sandbox, double, batch, cloudFormation });
    assert.deepEqual(double.unknown, [], 'calls that GitHub does not know');
    assert.equal(sandbox.losses.permanentDeletions, 0, 'an object version was deleted');
  } finally {
    await cloudFormation.settle();
    await batch.stop();
    await Promise.all([sandbox.stop(), double.stop()]);
  }
}

function prepareGitHub({ state }: GitHubDouble): void {
  const repository = state.addRepository('acme/data');
  state.addPerson('alice');
  const reviewer = state.addPerson('bob');
  state.addWorkflowToken('job', {
    actions: 'read',
    contents: 'write',
    'pull-requests': 'write',
    deployments: 'read',
  });
  state.addEnvironment(repository, ENVIRONMENT, {
    canAdminsBypass: false,
    reviewers: [{ type: 'User', reviewer }],
    preventSelfReview: true,
  });
}

/** What a reviewer can see of a run: its comment, and the log with the summaries. */
export type Shown = { comment: string | undefined; log: string };

export type Run = {
  workflow: string;
  variables: Record<string, string>;
  /** of a dispatch by alice; null: the schedule starts it */
  inputs: Record<string, string> | null;
  /** when bob approves; without it nobody does */
  approvesOnce?: (shown: Shown) => boolean;
};

/** Runs a workflow to its end. */
export async function play(
  one: Case,
  { program, scratch, sandbox, double }: Pick<Stage, 'program' | 'scratch' | 'sandbox' | 'double'>,
  { workflow, variables, inputs, approvesOnce }: Run,
): Promise<{ end: WorkflowEnd; runId: number }> {
  const event = inputs === null ? 'schedule' : 'workflow_dispatch';
  const repository = double.state.repository('acme', 'data');
  const run = double.state.startRun(repository, 'alice', { event });
  double.state.reachEnvironment(repository, run, ENVIRONMENT);
  let log = '';
  const review = () => {
    if (approvesOnce === undefined || !run.waitingFor.has(ENVIRONMENT)) return;
    if (!approvesOnce({ comment: findComment(double, run.id), log })) return;
    double.state.reviewDeployment(repository, run, {
      by: 'bob',
      environment: ENVIRONMENT,
      comment: 'looks right',
    });
  };
  const reviewing = setInterval(review, 20);
  try {
    const path = join(one.repository, one.workflows, workflow);
    const text = await readFile(path, 'utf8');
    const used = [...text.matchAll(/uses: \S*actions\/([\w-]+)(?:@v1)?$/gm)].map(([, name = '']) => name);
    const actions = used.map((name) => readFile(join(ROOT, 'actions', name, 'action.yml'), 'utf8'));
    const end = await runWorkflow({
      program,
      repository: one.repository,
      workflow: path,
      event,
      inputs: inputs ?? {},
      runId: run.id,
      scratch,
      args: [
        ...one.args,
        ...(await writeStubs(join(scratch, 'stubs'), [text, ...(await Promise.all(actions))])),
        ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ],
      env: {
        GITHUB_API_URL: double.url,
        GITHUB_SERVER_URL: 'https://github.com',
        AWS_ENDPOINT_URL: sandbox.endpoint,
      },
      onLog(written) {
        log = written;
        review();
      },
    });
    return { end, runId: run.id };
  } finally {
    clearInterval(reviewing);
  }
}

export function arnOf(resource: string): string {
  return `arn:aws:iam::${ACCOUNT}:${resource}`;
}

/** Body of the one comment that a run wrote last. */
export function commentOf(double: GitHubDouble, runId: number): string {
  const body = findComment(double, runId);
  assert.ok(body !== undefined, `run ${runId} has no comment`);
  return body;
}

function findComment(double: GitHubDouble, runId: number): string | undefined {
  const { comments } = double.state.repository('acme', 'data');
  const own = comments.filter(({ body }) => parseMarker(body)?.run === runId);
  assert.ok(own.length <= 1, `run ${runId} has ${own.length} comments`);
  return own[0]?.body;
}

let since = performance.now();

/** Says what was seen, and how long it took. */
export function told(text: string): void {
  const now = performance.now();
  process.stdout.write(`  ✓ ${text} (${((now - since) / 1000).toFixed(0)} s)\n`);
  since = now;
}
