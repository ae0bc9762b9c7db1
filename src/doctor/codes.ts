/**
 * Every check of the doctor. The list is closed and part of the public contract: `docs/doctor.md` is made from it.
 */

export const CHECK_AREAS = {
  gate: 'The gate on GitHub',
  github: 'Token and settings on GitHub',
  account: 'The AWS account',
  record: 'The record bucket',
  schedules: 'Schedules',
  bucket: 'A bucket that may have to be rolled back',
} as const;
export type CheckArea = keyof typeof CHECK_AREAS;

type CheckKind = { area: CheckArea; asks: string; fix: string };

const kind = (area: CheckArea, asks: string, fix: string): CheckKind => ({ area, asks, fix });

export const CHECK_KINDS = {
  GATE_ENVIRONMENT: kind(
    'gate',
    'The environment that `start-jobs` waits in exists. GitHub makes one without any rule where a job names one that does not.',
    'Settings, Environments, "New environment".',
  ),
  GATE_REVIEWERS: kind(
    'gate',
    'It has required reviewers: at least two people or a team, so that somebody else can always approve.',
    'Settings, Environments, the environment: tick "Required reviewers". A private repository needs a plan of GitHub that has them, or [`approval: code-owner-review`](approval.md).',
  ),
  GATE_SELF_REVIEW: kind(
    'gate',
    'Who starts a run cannot approve it. The proof refuses that in any case.',
    'Settings, Environments, the environment: tick "Prevent self-review".',
  ),
  GATE_ADMIN_BYPASS: kind(
    'gate',
    'Administrators cannot bypass the rules. If they can, the proof refuses every run.',
    'Settings, Environments, the environment: untick "Allow administrators to bypass configured protection rules"; or give `admin-bypass: accept` to `start-jobs`, and `--accept GATE_ADMIN_BYPASS` here.',
  ),
  GATE_BRANCHES: kind(
    'gate',
    'Jobs of the one trusted branch alone may use the environment.',
    'Settings, Environments, the environment, "Deployment branches and tags": "Selected branches and tags", with that branch alone.',
  ),
  TOKEN_PERMISSIONS: kind(
    'github',
    'The token reads what the flow reads. Writing is not tried: the doctor changes nothing.',
    'Add the permission under `permissions:` of the job, or give another token.',
  ),
  ACTIONS_PULL_REQUESTS: kind(
    'github',
    'GitHub Actions may create pull requests. The token of a job cannot read this setting.',
    'Settings, Actions, General, "Workflow permissions": tick "Allow GitHub Actions to create and approve pull requests". Where a token cannot read it, look there, and give `--accept ACTIONS_PULL_REQUESTS`.',
  ),
  ACTIONS_DEFAULT_PERMISSIONS: kind(
    'github',
    'Workflows get a token that reads, unless they ask for more. The token of a job cannot read this setting.',
    'Settings, Actions, General, "Workflow permissions": choose "Read repository contents and packages permissions".',
  ),
  OIDC_SUBJECT: kind(
    'github',
    'The subject of the tokens for AWS has one of the two forms that the roles of the bootstrap stack trust: with names, or with names and IDs.',
    'Take the customisation of the subject back: `gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub -F use_default=true`.',
  ),
  WORKFLOW_PERMISSIONS: kind(
    'github',
    'Each job of the workflows on the default branch gives its token what its actions need, and no more.',
    'Take `permissions:` of the job from [examples/workflows](../examples/workflows).',
  ),
  WORKFLOW_VERSION: kind(
    'github',
    'The workflows *rollback*, *undo* and *resume* are there, and every copy is as this version of s3-rewind has it; all use one version, by its commit. Names, times, runners, descriptions and defaults may differ.',
    'Copy the file anew from [examples/workflows](../examples/workflows) of the version that you use; what you changed on purpose may stay.',
  ),
  ACCOUNT_IDENTITY: kind(
    'account',
    'There are credentials for AWS. What is readable below is readable for this identity.',
    'Sign in, or give the job `id-token: write` and `aws-actions/configure-aws-credentials`.',
  ),
  BOOTSTRAP_STACK: kind(
    'account',
    'The bootstrap stack is there, complete, and has its outputs.',
    '[Prepare the account](bootstrap.md); look at the events of a stack that is not complete.',
  ),
  BOUNDARY: kind(
    'account',
    'The permissions boundary that holds the approval is there.',
    'Deploy the bootstrap stack again.',
  ),
  ROLE_TRUST: kind(
    'account',
    'Each role (plan, deploy, start-jobs, cleanup) is there, and trusts this repository, its branch or environment, and nobody else.',
    'Write the template again with `--repository-id` and `--owner-id`, and deploy it.',
  ),
  RECORD_BUCKET: kind(
    'record',
    'The record bucket is there, in this Region.',
    'Check `--record-bucket` and `--region`, or [prepare the account](bootstrap.md).',
  ),
  RECORD_VERSIONING: kind(
    'record',
    'It is versioned: what is overwritten in a record can be got back.',
    '`aws s3api put-bucket-versioning`, or deploy the bootstrap stack again.',
  ),
  RECORD_PRIVATE: kind(
    'record',
    'All four settings of "Block public access" are on.',
    '`aws s3api put-public-access-block`, or deploy the bootstrap stack again.',
  ),
  RECORD_TLS_ONLY: kind(
    'record',
    'Its policy denies requests without TLS, to everybody and to every object.',
    'Deploy the bootstrap stack again, or add its statement `TlsOnly` to the policy.',
  ),
  RECORD_LIFECYCLE: kind(
    'record',
    'Work files expire, and records do not.',
    'A rule for the prefix `work/` that expires objects; none that reaches `rb-`.',
  ),
  RECORD_OBJECT_LOCK: kind(
    'record',
    'With `--object-lock`: Object Lock with a default retention keeps every version.',
    'Make the bootstrap stack with `ObjectLockDays`.',
  ),
  SCHEDULE_ENABLED: kind(
    'schedules',
    'The workflow is there, has a schedule, and is enabled. GitHub disables schedules of public repositories after 60 days without activity.',
    '`gh workflow enable FILE`; copy it from [examples/workflows](../examples/workflows) where it is missing.',
  ),
  SCHEDULE_LAST_RUN: kind(
    'schedules',
    'Its last scheduled run is no older than its schedule says, and was a success.',
    'Look at the run; start the workflow by hand.',
  ),
  SCHEDULE_INACTIVITY: kind(
    'schedules',
    'The repository saw a push within 45 days, or is private.',
    'Push a commit.',
  ),
  BUCKET_ACCESS: kind(
    'bucket',
    'The bucket is there, in this Region, and its versions may be listed.',
    'Check the name and `--region`; `RollbackBuckets` of the bootstrap stack has to name the bucket.',
  ),
  BUCKET_VERSIONING: kind(
    'bucket',
    'Versioning is enabled. Without it there is nothing to roll back to.',
    '`aws s3api put-bucket-versioning --bucket B --versioning-configuration Status=Enabled`.',
  ),
  BUCKET_HORIZON: kind(
    'bucket',
    'For how long noncurrent versions are kept, which is how far back you can go: at least `--horizon-days`.',
    'Raise `NoncurrentDays` of the lifecycle rule.',
  ),
  BUCKET_LIFECYCLE: kind(
    'bucket',
    'No rule expires current objects or removes delete markers, which a rollback could not tell from an incident.',
    'Limit the rule, and know it on the bad day.',
  ),
  BUCKET_METADATA: kind(
    'bucket',
    'S3 Metadata is enabled and its tables are active. Its journal alone tells what was permanently deleted, and by whom.',
    '[S3 Metadata](inventory.md#s3-metadata).',
  ),
  BUCKET_INVENTORY: kind(
    'bucket',
    'S3 Inventory lists all versions, and its newest report is complete and fresh. A plan of a large bucket rests on it.',
    '[Which report serves](inventory.md#which-report-serves).',
  ),
  BUCKET_INVENTORY_FIELDS: kind(
    'bucket',
    'The report has the optional fields that a plan uses.',
    'Add the optional fields to the inventory configuration.',
  ),
  BUCKET_MFA_DELETE: kind(
    'bucket',
    'MFA delete is off. With it, only the root user can remove a delete marker.',
    'Plan with `--markers copy`, or turn MFA delete off.',
  ),
  BUCKET_OBJECT_LOCK: kind(
    'bucket',
    'Whether Object Lock applies to what a rollback writes.',
    '[Object Lock](object-lock.md).',
  ),
  BUCKET_REPLICATION: kind(
    'bucket',
    'Where changes of a rollback follow to.',
    'Know the destinations: [replication](faq.md).',
  ),
  BUCKET_NOTIFICATIONS: kind(
    'bucket',
    'Who hears of every change of a rollback.',
    'Tell the owners of the targets.',
  ),
  BUCKET_ENCRYPTION: kind(
    'bucket',
    'Whether versions may be encrypted with customers’ keys (SSE-C), which cannot be copied.',
    'Block SSE-C in the encryption settings of the bucket.',
  ),
  BUCKET_REQUESTER_PAYS: kind(
    'bucket',
    'Whether whoever runs the rollback pays for its requests.',
    'Plan with `--requester-pays`.',
  ),
} as const satisfies Record<string, CheckKind>;

export type CheckCode = keyof typeof CHECK_KINDS;

export const CHECK_CODES = Object.keys(CHECK_KINDS) as [CheckCode, ...CheckCode[]];

export function codesOf(area: CheckArea): CheckCode[] {
  return CHECK_CODES.filter((code) => CHECK_KINDS[code].area === area);
}
