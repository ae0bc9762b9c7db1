import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { currentContents } from '../../demo/contents.ts';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { CloudFormation } from '../../sandbox/cloudformation/cloud-formation.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { ROOT, runWorkflow, type WorkflowEnd } from './act.ts';
import { writeStubs } from './stubs.ts';

/**
 * Runs the workflows by act: in this repository, and from a repository that uses the actions. S3 and GitHub are the
 * doubles of sandbox/. `npm run test:workflows -- --act PATH`
 */

const P = '2025-08-22T11:01:00Z';
const BUCKET = 'data';
const RECORDS = 'records';
const SCRATCH = 's3-rewind-drill-123456789012-us-east-1';
const APPROVED_TAG = 's3-rewind:approved';

/** Variables of the repository, without the bootstrap stack and with it. */
const DIRECT = {
  S3_REWIND_PLAN_ROLE: arnOf('role/plan'),
  S3_REWIND_START_ROLE: arnOf('role/start-jobs'),
  S3_REWIND_REGION: 'us-east-1',
  S3_REWIND_ACCOUNT: '123456789012',
};
const BOOTSTRAPPED = {
  ...DIRECT,
  S3_REWIND_DEPLOY_ROLE: arnOf('role/deploy'),
  S3_REWIND_CLEANUP_ROLE: arnOf('role/cleanup'),
  S3_REWIND_BOUNDARY: arnOf('policy/s3-rewind/bootstrap/s3-rewind-Boundary'),
  S3_REWIND_SERVICE_ROLE: arnOf('role/s3-rewind/bootstrap/s3-rewind-ServiceRole'),
  S3_REWIND_RECORD_BUCKET: RECORDS,
  S3_REWIND_DRILL_ROLE: arnOf('role/drill'),
};
const INPUTS = {
  bucket: BUCKET,
  timestamp: P,
  inventory: 'list',
  mode: 'bucket-rollback',
  'storage-class': 'as-source',
  executor: 'auto',
  environment: 's3-rewind',
};

type Case = { name: string; repository: string; workflows: string; args: string[] };
type Stage = {
  program: string;
  scratch: string;
  sandbox: Sandbox;
  double: GitHubDouble;
  bucket: Bucket;
  good: Map<string, string>;
  variables: Record<string, string>;
};

const { values } = parseArgs({ options: { act: { type: 'string' } }, strict: true });
if (values.act === undefined) throw new Error('usage: npm run test:workflows -- --act PATH');
const program = values.act;
const scratch = await mkdtemp(join(tmpdir(), 's3-rewind-workflows-'));
try {
  for (const one of [await ownRepository(), await consumerRepository()]) {
    await onStage(one, DIRECT, playStory);
    await onStage(one, BOOTSTRAPPED, playStoryOnAws);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * A copy of what git knows, with the packages that are installed already: the actions then skip their installation,
 * which would take most of the time.
 */
async function ownRepository(): Promise<Case> {
  const repository = join(scratch, 's3-rewind');
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
  });
  for (const path of files.toString('utf8').split('\0')) {
    if (path !== '' && path !== '.gitignore') await cp(join(ROOT, path), join(repository, path));
  }
  await symlink(join(ROOT, 'node_modules'), join(repository, 'node_modules'));
  return { name: 'this repository', repository, workflows: '.github/workflows', args: [] };
}

/** A repository with nothing but copies of examples/workflows. */
async function consumerRepository(): Promise<Case> {
  const repository = join(scratch, 'consumer');
  await mkdir(repository, { recursive: true });
  await cp(join(ROOT, 'examples/workflows'), join(repository, '.github/workflows'), { recursive: true });
  const args = ['--local-repository', `owner/s3-rewind@v1=${join(scratch, 's3-rewind')}`];
  return { name: 'a repository that uses the actions', repository, workflows: '.github/workflows', args };
}

async function onStage(
  one: Case,
  variables: Record<string, string>,
  story: (one: Case, stage: Stage) => Promise<void>,
): Promise<void> {
  process.stdout.write(
    `\n${one.name}, ${variables === DIRECT ? 'run by the runner' : 'run by S3 Batch Operations'}\n`,
  );
  const sandbox = await startSandbox({ seed: 7 });
  const double = await startGitHubDouble();
  try {
    const { bucket, good } = prepareBucket(sandbox);
    prepareGitHub(double);
    const own = join(scratch, `case-${sandbox.endpoint.split(':').at(-1)}`);
    await story(one, { program, scratch: own, sandbox, double, bucket, good, variables });
    assert.deepEqual(double.unknown, [], 'calls that GitHub does not know');
    assert.equal(sandbox.losses.permanentDeletions, 0, 'an object version was deleted');
  } finally {
    await Promise.all([sandbox.stop(), double.stop()]);
  }
}

/** Refused without an approval, done with one, undone with another one. */
async function playStory(one: Case, stage: Stage): Promise<void> {
  const before = currentContents(stage.bucket);
  await playRefused(one, stage);
  const { runId } = await playDone(one, stage);
  await playUndone(one, stage, { run: String(runId) }, before);
}

/** The same by suspended jobs and a tag that only an approval sets; cleaned up, and undone after that. */
async function playStoryOnAws(one: Case, stage: Stage): Promise<void> {
  const { sandbox, double } = stage;
  const batch = new BatchOperations(sandbox);
  const cloudFormation = new CloudFormation(sandbox, batch);
  sandbox.routes.push(...new GlueCatalog().routes());
  // A look then comes after the change, and no step has to wait for the next one.
  cloudFormation.stepMs = 0;
  batch.settings.stepMs = 0;
  sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
  const roles = () => [...cloudFormation.roles.byName.values()];
  try {
    const before = currentContents(stage.bucket);
    const refused = await playRefused(one, stage);
    assert.equal(sandbox.requests.count('TagRole'), 0, 'the tag of the approval was set without a proof');
    assert.deepEqual(new Set([...batch.jobs.values()].map(({ status }) => status)), new Set(['Suspended']));
    told('its jobs are suspended, and the tag of the approval was never set');

    // Gone on with in one of the two repositories, planned anew in the other.
    const { runId } =
      one.args.length === 0 ? await playDone(one, stage) : await playResumed(one, stage, refused.runId);
    const deployed = roles().length;
    assert.ok(
      roles().every(({ tags }) => !tags.has(APPROVED_TAG)),
      'the tag of the approval was left',
    );
    const { rollbackId } = parseMarker(commentOf(double, runId)) ?? {};
    const record = `s3://${RECORDS}/${rollbackId}/`;

    const looked = await play(one, stage, 'cleanup.yml', { record, 'dry-run': 'true' }, false);
    assert.equal(looked.end.status, 0, looked.end.log);
    assert.equal(roles().length, deployed, 'a dry run removed something');
    const cleaned = await play(one, stage, 'cleanup.yml', { record, 'dry-run': 'false' }, false);
    assert.equal(cleaned.end.status, 0, cleaned.end.log);
    assert.equal(roles().length, deployed - 2, 'the roles of the rollback, and no others, are gone');
    assert.match(commentOf(double, runId), /Cleaned up/);
    assert.match(commentOf(double, runId), /Done, verified/);
    told('cleaned up; the comment says so');

    await playUndone(one, stage, { record }, before);
    await playDrill(one, stage);
  } finally {
    await cloudFormation.settle();
    await batch.stop();
  }
}

/** A plan of the bucket in use, and a rollback in a scratch bucket that an earlier drill made, so that nothing waits. */
async function playDrill(one: Case, stage: Stage): Promise<void> {
  const { sandbox, bucket } = stage;
  const before = currentContents(bucket);
  const scratchBucket = sandbox.createBucket(SCRATCH, { versioning: 'Enabled' });
  const tag = '<Tag><Key>s3-rewind:drill</Key><Value>2025-01-01T00:00:00Z</Value></Tag>';
  scratchBucket.configurations.set('tagging', `<Tagging><TagSet>${tag}</TagSet></Tagging>`);
  const { end } = await play(one, stage, 'drill.yml', { bucket: BUCKET, objects: '20' }, false);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), before, 'a drill changed the bucket in use');
  assert.ok(scratchBucket.stacks.size > 0, 'nothing was tried in the scratch bucket');
  const kept = [...sandbox.bucket(RECORDS).stacks.from(() => true)].map(([key]) => key);
  assert.equal(kept.filter((key) => key.startsWith('drills/drill-')).length, 2, 'a file for each half');
  told('the drill planned the bucket in use and changed nothing of it; it rolled back in the scratch bucket');
}

async function playRefused(one: Case, stage: Stage): Promise<{ runId: number }> {
  const { bucket, double } = stage;
  const before = currentContents(bucket);
  const { end, runId } = await play(one, stage, 'rollback.yml', INPUTS, false);
  assert.notEqual(end.status, 0, end.log);
  assert.match(end.log, /APPROVAL_MISSING/);
  assert.deepEqual(currentContents(bucket), before, 'a refused run changed the bucket');
  assert.match(commentOf(double, runId), /Refused to start/);
  told('refused without an approval, nothing changed');
  return { runId };
}

/** The record of a run that started nothing is gone on with by a run of its own. */
async function playResumed(one: Case, stage: Stage, refusedRun: number): Promise<{ runId: number }> {
  const { bucket, double, good } = stage;
  const { rollbackId } = parseMarker(commentOf(double, refusedRun)) ?? {};
  const inputs = { record: `s3://${RECORDS}/${rollbackId}/`, bucket: BUCKET, environment: 's3-rewind' };
  const { end, runId } = await play(one, stage, 'resume.yml', inputs, true);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), good);
  assert.match(commentOf(double, runId), /Done, verified/);
  told('gone on with by another run, approved, done, verified');
  return { runId };
}

async function playDone(one: Case, stage: Stage): Promise<{ runId: number }> {
  const { bucket, double, good } = stage;
  const { end, runId } = await play(one, stage, 'rollback.yml', INPUTS, true);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), good);
  assert.match(commentOf(double, runId), /Done, verified/);
  assert.match(commentOf(double, runId), /Approved by `bob`/);
  told('dispatch, pull request, comment, approval, done, verified');
  return { runId };
}

async function playUndone(
  one: Case,
  stage: Stage,
  from: { run: string } | { record: string },
  before: Map<string, string>,
): Promise<void> {
  const inputs = { ...from, bucket: BUCKET, executor: 'auto', environment: 's3-rewind' };
  const { end, runId } = await play(one, stage, 'undo.yml', inputs, true);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(stage.bucket), before, 'undo did not bring back what was there');
  assert.match(commentOf(stage.double, runId), /Done, verified/);
  told('undone, approved and verified in turn');
}

/** @returns the bucket, and what its readers saw at P */
function prepareBucket(sandbox: Sandbox): { bucket: Bucket; good: Map<string, string> } {
  sandbox.clock.set('2025-08-22T11:00:00Z');
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  bucket.put('a', { body: 'good a' });
  bucket.put('b', { body: 'good b' });
  const good = currentContents(bucket);
  sandbox.clock.set('2025-08-22T11:02:00Z');
  bucket.addDeleteMarker('a');
  bucket.put('b', { body: 'bad b' });
  bucket.put('c', { body: 'junk' });
  sandbox.clock.release();
  return { bucket, good };
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
  state.addEnvironment(repository, 's3-rewind', {
    canAdminsBypass: false,
    reviewers: [{ type: 'User', reviewer }],
    preventSelfReview: true,
  });
}

/** Dispatches a workflow as alice; where it is to be approved, bob does so when the comment asks him. */
async function play(
  one: Case,
  { sandbox, double, ...stage }: Stage,
  workflow: string,
  inputs: Record<string, string>,
  isApproved: boolean,
): Promise<{ end: WorkflowEnd; runId: number }> {
  const repository = double.state.repository('acme', 'data');
  const run = double.state.startRun(repository, 'alice');
  double.state.reachEnvironment(repository, run, 's3-rewind');
  const review = setInterval(() => {
    const asked = findComment(double, run.id);
    if (!isApproved || !run.waitingFor.has('s3-rewind')) return;
    if (asked === undefined || !/Waiting for approval by `bob`/.test(asked)) return;
    double.state.reviewDeployment(repository, run, {
      by: 'bob',
      environment: 's3-rewind',
      comment: 'looks right',
    });
  }, 20);
  try {
    const path = join(one.repository, one.workflows, workflow);
    const actions = ['plan', 'undo', 'deploy', 'start-jobs', 'resume', 'cleanup', 'drill'].map((name) =>
      join(ROOT, 'actions', name, 'action.yml'),
    );
    const texts = await Promise.all([path, ...actions].map((file) => readFile(file, 'utf8')));
    const end = await runWorkflow({
      program: stage.program,
      repository: one.repository,
      workflow: path,
      inputs,
      runId: run.id,
      scratch: stage.scratch,
      args: [
        ...one.args,
        ...(await writeStubs(join(stage.scratch, 'stubs'), texts)),
        ...varsOf(stage.variables),
      ],
      env: {
        GITHUB_API_URL: double.url,
        GITHUB_SERVER_URL: 'https://github.com',
        AWS_ENDPOINT_URL: sandbox.endpoint,
      },
    });
    return { end, runId: run.id };
  } finally {
    clearInterval(review);
  }
}

function varsOf(variables: Record<string, string>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}=${value}`]);
}

function arnOf(resource: string): string {
  return `arn:aws:iam::123456789012:${resource}`;
}

/** Body of the one comment that a run wrote last. */
function commentOf(double: GitHubDouble, runId: number): string {
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

function told(text: string): void {
  process.stdout.write(`  ✓ ${text}\n`);
}
