import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { currentContents } from '../../demo/contents.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
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

type Case = { name: string; repository: string; workflows: string; args: string[] };
type Stage = { program: string; scratch: string; sandbox: Sandbox; double: GitHubDouble; bucket: Bucket };

const { values } = parseArgs({ options: { act: { type: 'string' } }, strict: true });
if (values.act === undefined) throw new Error('usage: npm run test:workflows -- --act PATH');
const program = values.act;
const scratch = await mkdtemp(join(tmpdir(), 's3-rewind-workflows-'));
try {
  for (const one of [await ownRepository(), await consumerRepository()]) await playStory(one);
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

/** Refused without an approval, done with one, undone with another one. */
async function playStory(one: Case): Promise<void> {
  process.stdout.write(`\n${one.name}\n`);
  const sandbox = await startSandbox({ seed: 7 });
  const double = await startGitHubDouble();
  try {
    const { bucket, good } = prepareBucket(sandbox);
    prepareGitHub(double);
    const stage = {
      program,
      scratch: join(scratch, `case-${sandbox.endpoint.split(':').at(-1)}`),
      sandbox,
      double,
      bucket,
    };
    const before = currentContents(bucket);
    const inputs = {
      bucket: BUCKET,
      timestamp: P,
      inventory: 'list',
      mode: 'bucket-rollback',
      'storage-class': 'as-source',
      environment: 's3-rewind',
    };

    const refused = await play(one, stage, 'rollback.yml', inputs, false);
    assert.notEqual(refused.end.status, 0, refused.end.log);
    assert.match(refused.end.log, /APPROVAL_MISSING/);
    assert.deepEqual(currentContents(bucket), before, 'a refused run changed the bucket');
    assert.match(commentOf(double, refused.runId), /Refused to start/);
    told('refused without an approval, nothing changed');

    const done = await play(one, stage, 'rollback.yml', inputs, true);
    assert.equal(done.end.status, 0, done.end.log);
    assert.deepEqual(currentContents(bucket), good);
    assert.match(commentOf(double, done.runId), /Done, verified/);
    assert.match(commentOf(double, done.runId), /Approved by `bob`/);
    told('dispatch, pull request, comment, approval, done, verified');

    const undone = await play(
      one,
      stage,
      'undo.yml',
      { run: String(done.runId), bucket: BUCKET, environment: 's3-rewind' },
      true,
    );
    assert.equal(undone.end.status, 0, undone.end.log);
    assert.deepEqual(currentContents(bucket), before, 'undo did not bring back what was there');
    assert.match(commentOf(double, undone.runId), /Done, verified/);
    told('undone, approved and verified in turn');
    assert.deepEqual(double.unknown, [], 'calls that GitHub does not know');
  } finally {
    await Promise.all([sandbox.stop(), double.stop()]);
  }
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
    if (!isApproved || asked === undefined || !run.waitingFor.has('s3-rewind')) return;
    assert.match(asked, /Waiting for approval by `bob`/);
    double.state.reviewDeployment(repository, run, {
      by: 'bob',
      environment: 's3-rewind',
      comment: 'looks right',
    });
  }, 20);
  try {
    const path = join(one.repository, one.workflows, workflow);
    const actions = ['plan', 'undo', 'start-jobs'].map((name) => join(ROOT, 'actions', name, 'action.yml'));
    const texts = await Promise.all([path, ...actions].map((file) => readFile(file, 'utf8')));
    const end = await runWorkflow({
      program: stage.program,
      repository: one.repository,
      workflow: path,
      inputs,
      runId: run.id,
      scratch: stage.scratch,
      args: [...one.args, ...(await writeStubs(join(stage.scratch, 'stubs'), texts)), ...variables()],
      env: {
        GITHUB_API_URL: double.url,
        GITHUB_SERVER_URL: 'https://github.com',
        AWS_ENDPOINT_URL_S3: sandbox.endpoint,
      },
    });
    return { end, runId: run.id };
  } finally {
    clearInterval(review);
  }
}

function variables(): string[] {
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
  return [
    `S3_REWIND_PLAN_ROLE=${role('plan')}`,
    `S3_REWIND_START_ROLE=${role('start-jobs')}`,
    'S3_REWIND_REGION=us-east-1',
    'S3_REWIND_ACCOUNT=123456789012',
  ].flatMap((variable) => ['--var', variable]);
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
