import { readdirSync, readFileSync } from 'node:fs';
import type { Reading } from '../../src/doctor/check.ts';
import type { DoctorFacts, DoctorRequest } from '../../src/doctor/diagnose.ts';
import type { LifecycleRule } from '../../src/s3/bucket-facts.ts';

/** A repository, an account and a bucket in which nothing has to be changed. Situations change one thing of it. */

export const NOW = new Date('2025-09-01T12:00:00Z');
export const REPOSITORY = 'my-org/my-repo';
const ACCOUNT = '111122223333';
const GITHUB = 'token.actions.githubusercontent.com';

/** Typed as the facts have it, and made of writable parts. */
export type Healthy = ReturnType<typeof healthy>;

export const read = <Value>(value: Value) => ({ readable: true as const, value });
export const unreadable = (code = 'ACCESS_DENIED'): Extract<Reading<never>, { readable: false }> => ({
  readable: false,
  code,
  reason: 'is denied',
  next: 'allow it',
});

export const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'a-rule',
  enabled: true,
  prefix: '',
  noncurrentDays: null,
  newerNoncurrentVersions: null,
  expiresCurrent: false,
  removesExpiredMarkers: false,
  ...more,
});

const bucketFacts = (bucket: string) => ({
  bucket,
  versioning: read<'Enabled' | 'Suspended' | 'never'>('Enabled'),
  mfaDelete: read(false),
  lifecycle: read<LifecycleRule[]>([]),
  replication: read<{ destinations: string[]; deleteMarkers: boolean }>({
    destinations: [],
    deleteMarkers: false,
  }),
  notifications: read<string[]>([]),
  objectLock: read<{ enabled: boolean; defaultRetention: string | null }>({
    enabled: false,
    defaultRetention: null,
  }),
  encryption: read({
    algorithm: 'AES256' as string | null,
    kmsKey: null as string | null,
    mayHoldSseC: false,
  }),
  requesterPays: read(false),
});

export const person = (id: number) => ({
  type: 'User' as const,
  reviewer: { id, login: `person-${id}`, type: 'User' },
});

/** The trust policy of a role of the bootstrap stack. */
export const trustOf = (...contexts: string[]) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${GITHUB}` } as Record<string, string>,
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${GITHUB}:aud`]: 'sts.amazonaws.com',
          [`${GITHUB}:ref`]: 'refs/heads/main',
          [`${GITHUB}:repository_id`]: '456',
          [`${GITHUB}:sub`]: contexts.flatMap((context) => [
            `repo:my-org/my-repo:${context}`,
            `repo:my-org@123/my-repo@456:${context}`,
          ]),
        } as Record<string, string | string[]>,
      } as Record<string, Record<string, string | string[]>>,
    },
  ],
});

const role = (name: 'plan' | 'deploy' | 'start-jobs' | 'cleanup', context: string) => ({
  role: name,
  arn: `arn:aws:iam::${ACCOUNT}:role/s3-rewind/bootstrap/${name}` as string | null,
  trust: read<{ trust: unknown } | null>({ trust: trustOf(context) }) as Reading<{ trust: unknown } | null>,
});

export const workflow = (file: string) => ({
  file,
  facts: {
    state: 'active',
    crons: read(['17 3 * * *']) as Reading<string[]>,
    lastRun: read<{ created_at: string; status: string; conclusion: string | null; html_url: string } | null>(
      {
        created_at: '2025-09-01T03:20:00Z',
        status: 'completed',
        conclusion: 'success',
        html_url: 'https://github.com/my-org/my-repo/actions/runs/1',
      },
    ),
  },
});

const EXAMPLES = new URL('../../examples/workflows/', import.meta.url);
export const PUBLISHED: ReadonlyMap<string, string> = new Map(
  readdirSync(EXAMPLES).map((file) => [file, readFileSync(new URL(file, EXAMPLES), 'utf8')]),
);
export const COMMIT = '3d3c42e5aac5ba805825da76410c181273ba90b1';
/** A copy of a workflow, as its page says: the owner is named, the commit pinned. */
export const copyOf = (text: string) =>
  text.replaceAll(/owner\/s3-rewind\/actions\/([\w-]+)@v1/g, `my-org/s3-rewind/actions/$1@${COMMIT}`);

export function healthy() {
  const cleanup = workflow('cleanup.yml');
  const environment = {
    id: 9,
    name: 's3-rewind',
    can_admins_bypass: false,
    protection_rules: [
      { type: 'required_reviewers' as const, prevent_self_review: true, reviewers: [person(1), person(2)] },
    ],
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } as {
      protected_branches: boolean;
      custom_branch_policies: boolean;
    } | null,
  };
  return {
    environment,
    cleanup: cleanup.facts,
    github: {
      repository: read({
        id: 456,
        full_name: REPOSITORY,
        default_branch: 'main',
        private: false,
        pushed_at: '2025-08-30T00:00:00Z' as string | null,
        owner: { id: 123, login: 'my-org' },
      }),
      environment: read<typeof environment | null>(environment),
      branchPolicies: read<{ name: string; type?: string | undefined }[]>([{ name: 'main', type: 'branch' }]),
      permissions: [{ name: 'contents' as const, reading: read<unknown>({}) as Reading<unknown> }],
      workflowPermissions: read({
        default_workflow_permissions: 'read' as 'read' | 'write',
        can_approve_pull_request_reviews: true,
      }),
      oidc: read({
        usesDefault: true,
        claims: [] as string[],
        immutable: false as boolean | null,
        prefix: 'repo:my-org/my-repo' as string | null,
      }),
      workflowFiles: [...PUBLISHED].map(([file, text]) => ({
        file,
        reading: read(copyOf(text)) as Reading<string | null>,
      })),
      schedules: [{ file: 'cleanup.yml', reading: read<typeof cleanup.facts | null>(cleanup.facts) }],
    },
    account: {
      identity: read({ account: ACCOUNT, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/plan/run` }),
      stack: read<{ status: string } | null>({ status: 'CREATE_COMPLETE' }),
      boundary: read<string | null>('Boundary'),
      roles: [
        role('plan', 'ref:refs/heads/main'),
        role('deploy', 'ref:refs/heads/main'),
        role('start-jobs', 'environment:s3-rewind'),
        role('cleanup', 'ref:refs/heads/main'),
      ],
    },
    record: {
      bucket: read({
        ...bucketFacts('my-records'),
        lifecycle: read([rule({ id: 'work', prefix: 'work/', expiresCurrent: true, noncurrentDays: 1 })]),
      }),
      publicAccess: read<Record<string, boolean> | null>({
        blockPublicAcls: true,
        ignorePublicAcls: true,
        blockPublicPolicy: true,
        restrictPublicBuckets: true,
      }),
      policy: read<unknown>(TLS_ONLY()),
    },
    bucket: {
      facts: read(bucketFacts('my-bucket')),
      listing: read<unknown>(''),
      metadata: read({
        tableBucketType: 'aws',
        tableBucketArn: 'arn:aws:s3tables:eu-west-1:111122223333:bucket/aws-s3',
        namespace: 'b_my-bucket',
        journal: { name: 'journal', status: 'ACTIVE', error: '' },
        liveInventory: { name: 'inventory', status: 'ACTIVE', error: '' },
      }),
      inventory: read({
        report: {
          configuration: 'everything',
          location: 's3://inventories/manifest.json',
          format: 'Parquet' as const,
          takenAt: new Date('2025-08-31T01:00:00Z'),
          files: [],
          columns: ['bucket', 'key', 'encryption_status', 'intelligent_tiering_access_tier'],
        },
        frequency: 'Daily',
      }),
    },
    request: { wantsLock: false, horizonDays: 7, workflowsNamed: false },
  };
}

export function TLS_ONLY() {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*' as unknown,
        Action: 's3:*',
        Resource: ['arn:aws:s3:::my-records', 'arn:aws:s3:::my-records/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } } as Record<string, unknown>,
      },
    ],
  };
}

/** The facts and the request as the doctor has them. */
export function asDoctor(state: Healthy): { facts: DoctorFacts; request: DoctorRequest } {
  const { github, account, record, bucket, request } = state;
  return {
    facts: {
      github,
      account,
      record,
      buckets: [{ name: 'my-bucket', readings: bucket }],
    } as unknown as DoctorFacts,
    request: {
      ...request,
      github: {
        repository: REPOSITORY,
        environment: 's3-rewind',
        branch: null,
        workflows: ['cleanup.yml'],
        workflowsNamed: request.workflowsNamed,
        published: PUBLISHED,
      },
      environment: 's3-rewind',
      stackName: 's3-rewind-bootstrap',
      recordBucket: 'my-records',
      region: 'eu-west-1',
      now: NOW,
    },
  };
}
