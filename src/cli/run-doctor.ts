import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { readBucketFacts } from '../aws/bucket-facts.ts';
import { openBucketProtection } from '../aws/bucket-protection.ts';
import { openS3Client } from '../aws/client.ts';
import { openBootstrapReader, readIdentity } from '../aws/identity.ts';
import { openInventoryReader } from '../aws/inventory-reports.ts';
import { openVersionLister } from '../aws/list-versions.ts';
import { readMetadataConfiguration } from '../aws/metadata-configuration.ts';
import { withRetries } from '../aws/retries.ts';
import { openRoleClient } from '../aws/roles.ts';
import { openStackCalls, openStackClient } from '../aws/stacks.ts';
import { type AccountFacts, readAccountFacts } from '../doctor/account-facts.ts';
import { readBucket } from '../doctor/bucket-reading.ts';
import { CHECK_CODES, type CheckCode } from '../doctor/codes.ts';
import { buildReport, type DoctorFacts, diagnose } from '../doctor/diagnose.ts';
import { type GitHubFacts, readGitHubFacts } from '../doctor/github-facts.ts';
import { readRecordFacts } from '../doctor/record-facts.ts';
import { DEFAULT_WORKFLOWS } from '../doctor/schedules.ts';
import type { WorkflowTexts } from '../doctor/workflows.ts';
import { RunbookError } from '../errors.ts';
import { openGitHub } from '../github/client.ts';
import { openDoctorAnswers } from '../github/doctor-answers.ts';
import type { Progress } from '../progress.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { DEFAULT_STACK, type DoctorOptions } from './doctor.ts';
import { doctorSummary } from './doctor-summary.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/** As they are published with this version, for other repositories. */
const WORKFLOWS = new URL('../../examples/workflows/', import.meta.url);
const RETRIES = { retries: 2, firstPauseMs: 100 };

/** The `doctor` command. */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  const asked = parseOptions(options, await readPublished());
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const facts = await readFacts(asked, options, terminal.progress);
    terminal.finish();
    const report = buildReport(diagnose(facts, asked), asked.accepted);
    if (options.json) writeJson(report);
    else writeOut(doctorSummary(report));
    if (!report.ready) process.exitCode = 1;
  } finally {
    terminal.finish();
  }
}

type Asked = ReturnType<typeof parseOptions>;

/** @throws RunbookError INVALID_OPTION, INVALID_BUCKET, GITHUB_UNAUTHORISED */
function parseOptions(options: DoctorOptions, published: WorkflowTexts) {
  const { repository, environment, branch, workflow, recordBucket, bucket, endpointUrl } = options;
  if (repository === undefined && recordBucket === undefined && bucket === undefined) {
    if (options.bootstrapStack === undefined) {
      throw invalid(
        'doctor was not told what to look at.',
        'give --repository, --record-bucket or --bucket, or all of them; examples: npm run --silent s3-rewind -- doctor --help',
      );
    }
  }
  if (!/^[1-9]\d{0,4}$/.test(options.horizonDays)) {
    throw invalid(
      `--horizon-days '${options.horizonDays}' is no number of days.`,
      'give a whole number from 1, such as 30',
    );
  }
  for (const [flag, text] of Object.entries({ environment, branch })) {
    if (text === '') throw invalid(`--${flag} is empty.`, `give a name, or leave --${flag} out`);
  }
  for (const file of workflow ?? []) {
    if (/^[\w.-]+\.ya?ml$/.test(file)) continue;
    throw invalid(
      `--workflow '${file}' is not the name of a workflow file.`,
      'give it without its folder, for example --workflow cleanup.yml',
    );
  }
  const record = recordBucket === undefined ? null : parseBucketName(recordBucket);
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return {
    github:
      repository === undefined
        ? null
        : {
            repository,
            environment,
            branch: branch ?? null,
            workflows: workflow ?? DEFAULT_WORKFLOWS,
            workflowsNamed: workflow !== undefined,
            published,
          },
    environment,
    stackName: options.bootstrapStack ?? DEFAULT_STACK,
    // A store of one's own has no stacks, unless one is named.
    looksAtAccount: options.bootstrapStack !== undefined || (record !== null && endpointUrl === undefined),
    recordBucket: record,
    wantsLock: options.objectLock === true,
    buckets: (bucket ?? []).map((name) => parseBucketName(name)),
    horizonDays: Number(options.horizonDays),
    accepted: parseCodes(options.accept ?? []),
    region: options.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? null,
    now: new Date(),
  };
}

function parseCodes(texts: readonly string[]): CheckCode[] {
  return texts.map((text) => {
    const code = CHECK_CODES.find((known) => known === text);
    if (code !== undefined) return code;
    throw invalid(`--accept '${text}' is no check.`, `give one of ${CHECK_CODES.join(', ')}`);
  });
}

async function readFacts(asked: Asked, options: DoctorOptions, progress: Progress): Promise<DoctorFacts> {
  const { github } = asked;
  if (github !== null) progress(`Asking GitHub of ${github.repository}`, null);
  const read: DoctorFacts = {
    github: github === null ? null : await readRepository(github),
    account: null,
    record: null,
    buckets: [],
  };
  if (asked.looksAtAccount) {
    progress(`Looking at the stack ${asked.stackName}`, null);
    read.account = await readAccount(asked.stackName, options);
  }
  const client = openS3Client(parseEndpoint(options));
  try {
    const readBucketOf = (bucket: string) => readBucketFacts(client, bucket);
    if (asked.recordBucket !== null) {
      progress(`Looking at the record bucket ${asked.recordBucket}`, null);
      const calls = { ...openBucketProtection(client), readFacts: readBucketOf };
      read.record = await readRecordFacts(calls, asked.recordBucket);
    }
    const { signal } = new AbortController();
    const requesterPays = options.requesterPays ?? false;
    for (const name of asked.buckets) {
      progress(`Looking at the bucket ${name}`, null);
      const calls = {
        ...openInventoryReader(client),
        readFacts: readBucketOf,
        readMetadataConfiguration: (bucket: string) => readMetadataConfiguration(client, bucket),
        listVersions: (bucket: string) => {
          const list = openVersionLister(client, bucket, { requesterPays });
          return withRetries(() => list({ prefix: '', marker: null, maxEntries: 1 }, signal), RETRIES);
        },
      };
      read.buckets.push({ name, readings: await readBucket(calls, name) });
    }
  } finally {
    client.destroy();
  }
  return read;
}

async function readRepository(github: NonNullable<Asked['github']>): Promise<GitHubFacts> {
  const token = process.env.GITHUB_TOKEN || process.env.GH_TOKEN || '';
  if (token === '') {
    throw new RunbookError('GITHUB_UNAUTHORISED', 'There is no token for GitHub.', {
      hint: 'export GITHUB_TOKEN=$(gh auth token), then run the same command again',
    });
  }
  const baseUrl = process.env.GITHUB_API_URL;
  const { repository } = github;
  const client = openGitHub({ token, repository, ...(baseUrl ? { baseUrl } : {}) });
  return await readGitHubFacts(openDoctorAnswers(client), github);
}

async function readPublished(): Promise<WorkflowTexts> {
  const names = (await readdir(WORKFLOWS)).filter((name) => name.endsWith('.yml')).toSorted();
  const read = async (name: string) => [name, await readFile(new URL(name, WORKFLOWS), 'utf8')] as const;
  return new Map(await Promise.all(names.map(read)));
}

async function readAccount(stackName: string, options: DoctorOptions): Promise<AccountFacts> {
  const endpoint = parseEndpoint(options);
  const iam = openRoleClient(endpoint);
  const cloudFormation = openStackClient(endpoint);
  try {
    const calls = {
      ...openBootstrapReader(iam),
      describeStack: openStackCalls(cloudFormation).describeStack,
      readIdentity: () => readIdentity(endpoint),
    };
    return await readAccountFacts(calls, stackName);
  } finally {
    iam.destroy();
    cloudFormation.destroy();
  }
}

function invalid(message: string, hint: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, { hint });
}
