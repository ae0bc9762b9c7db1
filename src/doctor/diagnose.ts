import { z } from 'zod';
import { checkAccount } from './account.ts';
import type { AccountFacts } from './account-facts.ts';
import { type BucketRequest, checkBucket } from './bucket.ts';
import type { BucketReadings } from './bucket-reading.ts';
import { CHECK_STATUSES, checksOf, type DoctorCheck, failing, type Reading } from './check.ts';
import { CHECK_AREAS, CHECK_CODES, CHECK_KINDS, type CheckArea, type CheckCode, codesOf } from './codes.ts';
import { checkGate } from './gate.ts';
import type { GitHubFacts, GitHubRequest } from './github-facts.ts';
import { checkGitHubSettings, subjectPrefix } from './github-settings.ts';
import { checkRecordBucket } from './record.ts';
import type { RecordFacts } from './record-facts.ts';
import { checkSchedules } from './schedules.ts';
import { checkWorkflows } from './workflows.ts';

/** What was found out; null: nobody asked for it. */
export type DoctorFacts = {
  github: GitHubFacts | null;
  account: AccountFacts | null;
  record: RecordFacts | null;
  buckets: { name: string; readings: BucketReadings }[];
};

export type DoctorRequest = {
  github: (GitHubRequest & { workflowsNamed: boolean }) | null;
  environment: string;
  stackName: string;
  recordBucket: string | null;
  wantsLock: boolean;
} & BucketRequest;

/** How to include what was not asked for. */
const INCLUDE: Record<CheckArea, string> = {
  gate: 'add --repository OWNER/NAME and --environment NAME',
  github: 'add --repository OWNER/NAME',
  account: 'add --record-bucket NAME, or --bootstrap-stack NAME',
  record: 'add --record-bucket NAME',
  schedules: 'add --repository OWNER/NAME',
  bucket: 'add --bucket NAME, once for each bucket',
};

/** Decides what the facts mean: every code has a line at least, and areas come in the order of their list. */
export function diagnose(facts: DoctorFacts, request: DoctorRequest): DoctorCheck[] {
  const { github, account, record, buckets } = facts;
  const checks: DoctorCheck[] = [];
  if (github !== null && request.github !== null) {
    const { repository: name, environment } = request.github;
    const branch = branchOf(facts, request);
    checks.push(
      ...checkGate(github, { environment, branch }),
      ...checkGitHubSettings(github, name),
      ...checkWorkflows(github.workflowFiles, request.github.published, {
        name,
        contents: contentsOf(github),
      }),
      ...checkSchedules(github.schedules, github.repository, {
        named: request.github.workflowsNamed,
        name,
        now: request.now,
      }),
    );
  }
  if (account !== null) {
    const trusted = {
      prefix: github === null ? null : subjectPrefix(github),
      repositoryId: github?.repository.readable === true ? github.repository.value.id : null,
      branch: branchOf(facts, request),
      environment: request.environment,
    };
    checks.push(...checkAccount(account, { stackName: request.stackName, trusted }));
  }
  if (record !== null && request.recordBucket !== null)
    checks.push(...checkRecordBucket(request.recordBucket, record, request));
  checks.push(...buckets.flatMap(({ name, readings }) => checkBucket(name, readings, request)));
  const asked = new Set(checks.map(({ code }) => code));
  for (const area of Object.keys(INCLUDE) as CheckArea[]) {
    for (const code of codesOf(area)) {
      if (!asked.has(code)) checks.push(checksOf('').notChecked(code, 'not asked for', INCLUDE[area]));
    }
  }
  const place = ({ code }: DoctorCheck) => Object.keys(CHECK_AREAS).indexOf(CHECK_KINDS[code].area);
  // Stable: what belongs to one bucket or workflow stays together.
  return checks.toSorted((left, right) => place(left) - place(right));
}

function contentsOf({ permissions, repository }: GitHubFacts): Reading<unknown> {
  return permissions.find(({ name }) => name === 'contents')?.reading ?? repository;
}

function branchOf({ github }: DoctorFacts, { github: request }: DoctorRequest): string | null {
  const standard = github?.repository.readable === true ? github.repository.value.default_branch : null;
  return request?.branch ?? standard;
}

/** What `doctor --json` answers. */
export const doctorReportSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    command: z.literal('doctor'),
    ready: z.boolean().describe('no check is a problem or unreadable, but for those that were accepted'),
    accepted: z.array(z.enum(CHECK_CODES)).describe('codes given with --accept'),
    counts: z.strictObject(
      Object.fromEntries(CHECK_STATUSES.map((status) => [status, z.int().min(0)])) as Record<
        (typeof CHECK_STATUSES)[number],
        z.ZodInt
      >,
    ),
    checks: z.array(
      z.strictObject({
        code: z.enum(CHECK_CODES),
        subject: z.string().describe('what was looked at; untrusted text, empty for none'),
        status: z.enum(CHECK_STATUSES),
        found: z.string().describe('untrusted text'),
        fix: z.string().nullable().describe('the next command or click; untrusted text'),
      }),
    ),
  })
  .describe('What s3-rewind doctor found before the bad day.');
export type DoctorReport = z.infer<typeof doctorReportSchema>;

export function buildReport(checks: readonly DoctorCheck[], accepted: readonly CheckCode[]): DoctorReport {
  const countOf = (status: string) => checks.filter((check) => check.status === status).length;
  return {
    schemaVersion: 1,
    command: 'doctor',
    ready: failing(checks, accepted).length === 0,
    accepted: [...accepted],
    counts: Object.fromEntries(
      CHECK_STATUSES.map((status) => [status, countOf(status)]),
    ) as DoctorReport['counts'],
    checks: [...checks],
  };
}
