import { BOUNDARY_ARN, DIGEST, OTHER_ID, RECORD } from '../iam/stacks.ts';
import { ROLLBACK_ID } from '../plan/execution-matrix.ts';

export const ROLES = [
  'PlanRole',
  'DeployRole',
  'StartJobsRole',
  'ExtendRole',
  'CleanupRole',
  'ServiceRole',
] as const;
export type Role = (typeof ROLES)[number];
export type Context = Record<string, string | string[]>;

const at = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111122223333:${resource}`;
export const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
export const object = (path: string) => `arn:aws:s3:::${RECORD}/${path}`;
export const TASK = role('s3-rewind/rollback/rb-x-TaskRole');
const STACK = at('cloudformation', `stack/${ROLLBACK_ID}/0a`);
const JOB = at('s3', 'job/0a');
export const BUCKET = 'arn:aws:s3:::my-bucket';
const SERVICE = role('s3-rewind/bootstrap/s3-rewind-ServiceRole');
const TEMPLATE_URL = `https://${RECORD}.s3.eu-west-1.amazonaws.com/${ROLLBACK_ID}/template.yaml`;
const EXTENSION_STACK = at('cloudformation', 'stack/rt-x-1a2b3c4d/0a');
const EXTENSION_URL = `https://${RECORD}.s3.eu-west-1.amazonaws.com/rt-x-20260105t030000z-0a/template.yaml`;
const EXTENSION_ROLE = role('s3-rewind/rollback/rt-x-1a2b3c4d-BatchRole-0A');
const TO_BATCH = { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' };
const TO_LAMBDA = { 'iam:PassedToService': 'lambda.amazonaws.com' };
const TO_CLOUDFORMATION = { 'iam:PassedToService': 'cloudformation.amazonaws.com' };
const TAG_KEYS = [
  's3-rewind:rollback',
  's3-rewind:digest',
  's3-rewind:repository',
  's3-rewind:run',
  's3-rewind:expires',
];
const BOUNDED = { 'iam:PermissionsBoundary': BOUNDARY_ARN, 'aws:TagKeys': TAG_KEYS };
const CREATION = { 'cloudformation:RoleArn': SERVICE, 'cloudformation:TemplateUrl': TEMPLATE_URL };
const LAMBDA_JOB = { 's3:RequestJobOperation': 'LambdaInvoke', 'aws:RequestedRegion': 'eu-west-1' };
const approve = (key: string) => ({ 'aws:TagKeys': [key], [`aws:RequestTag/${key}`]: DIGEST });

/** One line a request: who may send it (every other role may not), what, where, in which circumstances. */
export const LINES: [who: Role[], action: string, resource: string, context?: Context][] = [
  // The approval.
  [['StartJobsRole'], 'iam:TagRole', TASK, approve('s3-rewind:approved')],
  [['StartJobsRole'], 'iam:UntagRole', TASK, { 'aws:TagKeys': ['s3-rewind:approved'] }],
  [[], 'iam:TagRole', TASK, approve('S3-Rewind:Approved')],
  [[], 'iam:TagRole', TASK, { 'aws:TagKeys': ['s3-rewind:approved', 's3-rewind:digest'] }],
  [['ServiceRole'], 'iam:TagRole', TASK, { 'aws:TagKeys': TAG_KEYS }],
  [[], 'iam:TagRole', TASK, { 'aws:TagKeys': TAG_KEYS, 'aws:ResourceTag/s3-rewind:approved': DIGEST }],
  [[], 'iam:TagRole', TASK],
  [[], 'iam:TagRole', role('admin'), approve('s3-rewind:approved')],
  [[], 'iam:TagRole', SERVICE, approve('s3-rewind:approved')],
  // Roles of a rollback.
  [['ServiceRole'], 'iam:CreateRole', TASK, BOUNDED],
  [[], 'iam:CreateRole', TASK, { 'aws:TagKeys': TAG_KEYS }],
  [[], 'iam:CreateRole', TASK, { ...BOUNDED, 'iam:PermissionsBoundary': `${BOUNDARY_ARN}2` }],
  [[], 'iam:CreateRole', TASK, { ...BOUNDED, 'aws:TagKeys': [...TAG_KEYS, 's3-rewind:approved'] }],
  [[], 'iam:CreateRole', TASK, { ...BOUNDED, 'aws:TagKeys': [...TAG_KEYS, 'S3-REWIND:APPROVED'] }],
  [[], 'iam:CreateRole', role('s3-rewind/bootstrap/x'), BOUNDED],
  [[], 'iam:CreateRole', role('x'), BOUNDED],
  [['ServiceRole'], 'iam:PutRolePolicy', TASK, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [[], 'iam:PutRolePolicy', TASK],
  [
    [],
    'iam:PutRolePolicy',
    TASK,
    { 'iam:PermissionsBoundary': BOUNDARY_ARN, 'aws:ResourceTag/s3-rewind:approved': 'checking' },
  ],
  [[], 'iam:PutRolePolicy', SERVICE, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [['ServiceRole'], 'iam:DeleteRole', TASK],
  [[], 'iam:DeleteRole', SERVICE],
  [[], 'iam:DeleteRolePermissionsBoundary', TASK, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [[], 'iam:PutRolePermissionsBoundary', TASK, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [[], 'iam:AttachRolePolicy', TASK, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [[], 'iam:UpdateAssumeRolePolicy', TASK, { 'iam:PermissionsBoundary': BOUNDARY_ARN }],
  [[], 'iam:CreatePolicyVersion', BOUNDARY_ARN],
  [['ServiceRole'], 'iam:PassRole', TASK, TO_LAMBDA],
  [['DeployRole', 'StartJobsRole'], 'iam:PassRole', TASK, TO_BATCH],
  [['DeployRole'], 'iam:PassRole', SERVICE, TO_CLOUDFORMATION],
  [[], 'iam:PassRole', SERVICE, TO_LAMBDA],
  [[], 'iam:PassRole', TASK, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  [[], 'iam:PassRole', role('admin'), TO_BATCH],
  [[], 'sts:AssumeRole', TASK],
  // Stacks.
  [['DeployRole'], 'cloudformation:CreateStack', STACK, CREATION],
  [[], 'cloudformation:CreateStack', STACK, { 'cloudformation:TemplateUrl': TEMPLATE_URL }],
  [[], 'cloudformation:CreateStack', STACK, { ...CREATION, 'cloudformation:RoleArn': role('admin') }],
  [[], 'cloudformation:CreateStack', STACK, { 'cloudformation:RoleArn': SERVICE }],
  [
    [],
    'cloudformation:CreateStack',
    STACK,
    {
      ...CREATION,
      'cloudformation:TemplateUrl': 'https://elsewhere.s3.eu-west-1.amazonaws.com/rb-x/template.yaml',
    },
  ],
  [[], 'cloudformation:CreateStack', at('cloudformation', 'stack/other/0a'), CREATION],
  [[], 'cloudformation:UpdateStack', STACK, CREATION],
  [[], 'cloudformation:CreateChangeSet', STACK, CREATION],
  [[], 'cloudformation:SetStackPolicy', STACK],
  [['CleanupRole'], 'cloudformation:DeleteStack', STACK],
  [[], 'cloudformation:DeleteStack', at('cloudformation', 'stack/s3-rewind-bootstrap/0a')],
  [['StartJobsRole'], 'cloudformation:GetTemplate', STACK],
  [['DeployRole', 'StartJobsRole', 'CleanupRole'], 'cloudformation:DescribeStacks', STACK],
  [['CleanupRole'], 'cloudformation:ListStacks', '*'],
  // What the doctor reads.
  [['PlanRole'], 'cloudformation:DescribeStacks', at('cloudformation', 'stack/s3-rewind/0a')],
  [[], 'cloudformation:DescribeStacks', at('cloudformation', 'stack/other/0a')],
  [['PlanRole'], 'iam:GetRole', role('s3-rewind/bootstrap/s3-rewind-StartJobsRole')],
  [['PlanRole'], 'iam:GetPolicy', BOUNDARY_ARN],
  [[], 'iam:GetRole', role('admin')],
  [[], 'iam:GetRolePolicy', role('s3-rewind/bootstrap/s3-rewind-StartJobsRole')],
  [['PlanRole'], 's3:GetBucketPolicy', `arn:aws:s3:::${RECORD}`],
  [['PlanRole'], 's3:GetBucketPublicAccessBlock', `arn:aws:s3:::${RECORD}`],
  [['PlanRole'], 's3:GetBucketVersioning', `arn:aws:s3:::${RECORD}`],
  [['PlanRole'], 's3:GetLifecycleConfiguration', `arn:aws:s3:::${RECORD}`],
  [['PlanRole'], 's3:GetBucketObjectLockConfiguration', `arn:aws:s3:::${RECORD}`],
  [['PlanRole'], 's3:GetInventoryConfiguration', BUCKET],
  [['PlanRole'], 's3:GetBucketMetadataTableConfiguration', BUCKET],
  [[], 's3:GetBucketPolicy', BUCKET],
  // Jobs.
  [['DeployRole', 'StartJobsRole'], 's3:CreateJob', '*', LAMBDA_JOB],
  [
    ['DeployRole', 'StartJobsRole'],
    's3:CreateJob',
    '*',
    { ...LAMBDA_JOB, 's3:RequestJobOperation': 'S3PutObjectCopy' },
  ],
  // Whoever deploys pays for no restore: only the role of the approval makes these jobs.
  [
    ['StartJobsRole'],
    's3:CreateJob',
    '*',
    { ...LAMBDA_JOB, 's3:RequestJobOperation': 'S3InitiateRestoreObject' },
  ],
  [['StartJobsRole'], 's3:PutObject', `arn:aws:s3:::${RECORD}/rb-x/restore.json`],
  [['StartJobsRole'], 's3:PutObject', `arn:aws:s3:::${RECORD}/rb-x/restore-approval.json`],
  [['StartJobsRole'], 's3:RestoreObject', `${BUCKET}/key`],
  [[], 's3:RestoreObject', 'arn:aws:s3:::strange/key'],
  // A look at a version is a HEAD, which the permission to read it allows. The plan role has it where it is asked for.
  [['StartJobsRole'], 's3:GetObjectVersion', `${BUCKET}/key`],
  [[], 's3:PutObjectTagging', `${BUCKET}/key`],
  [[], 's3:CreateJob', '*', { ...LAMBDA_JOB, 's3:RequestJobOperation': 'S3PutObjectAcl' }],
  [[], 's3:CreateJob', '*', { ...LAMBDA_JOB, 'aws:RequestedRegion': 'us-east-1' }],
  [['StartJobsRole', 'ExtendRole', 'CleanupRole'], 's3:UpdateJobStatus', JOB],
  [['DeployRole', 'StartJobsRole', 'ExtendRole', 'CleanupRole'], 's3:DescribeJob', JOB],
  [['StartJobsRole'], 's3:GetJobTagging', JOB],
  [['DeployRole', 'StartJobsRole', 'ExtendRole'], 's3:PutJobTagging', JOB],
  [['CleanupRole'], 's3:ListJobs', '*'],
  [[], 's3:UpdateJobPriority', JOB],
  // Extensions of Object Lock.
  [
    ['StartJobsRole', 'ExtendRole'],
    's3:CreateJob',
    '*',
    { ...LAMBDA_JOB, 's3:RequestJobOperation': 'S3PutObjectRetention' },
  ],
  [
    ['DeployRole'],
    'cloudformation:CreateStack',
    EXTENSION_STACK,
    { ...CREATION, 'cloudformation:TemplateUrl': EXTENSION_URL },
  ],
  [['DeployRole', 'StartJobsRole', 'ExtendRole'], 'cloudformation:DescribeStacks', EXTENSION_STACK],
  [['StartJobsRole'], 'cloudformation:GetTemplate', EXTENSION_STACK],
  [[], 'cloudformation:UpdateStack', EXTENSION_STACK],
  [[], 'cloudformation:DeleteStack', EXTENSION_STACK],
  [['DeployRole', 'StartJobsRole', 'ExtendRole'], 'iam:PassRole', EXTENSION_ROLE, TO_BATCH],
  [['StartJobsRole'], 'iam:TagRole', EXTENSION_ROLE, approve('s3-rewind:approved')],
  [['StartJobsRole'], 'iam:UntagRole', EXTENSION_ROLE, { 'aws:TagKeys': ['s3-rewind:approved'] }],
  [['StartJobsRole', 'ExtendRole', 'ServiceRole'], 'iam:GetRole', EXTENSION_ROLE],
  [['StartJobsRole', 'ServiceRole'], 'iam:GetRole', TASK],
  [[], 's3:PutObjectRetention', `${BUCKET}/key`],
  [[], 's3:BypassGovernanceRetention', `${BUCKET}/key`],
  [['PlanRole', 'StartJobsRole', 'ExtendRole'], 's3:GetObjectRetention', `${BUCKET}/key`],
  [['PlanRole'], 's3:GetObjectLegalHold', `${BUCKET}/key`],
  [[], 's3:GetObjectRetention', 'arn:aws:s3:::strange/key'],
  [['PlanRole', 'StartJobsRole', 'ExtendRole'], 's3:GetBucketObjectLockConfiguration', BUCKET],
  [['PlanRole'], 's3:PutObject', object('rt-x-20260105t030000z-0a/retention.json')],
  [['PlanRole'], 's3:PutObject', object('rt-x-20260105t030000z-0a/manifests/compliance.csv')],
  // Athena puts it together from parts.
  [['PlanRole'], 's3:AbortMultipartUpload', object('rt-x-20260105t030000z-0a/manifests/compliance.csv')],
  [['PlanRole'], 's3:PutObject', object('work/s3_rewind_plan_0a1b2c3d/inventory/symlink.txt')],
  [['StartJobsRole'], 's3:PutObject', object('rt-x-20260105t030000z-0a/approval.json')],
  [['StartJobsRole', 'ExtendRole'], 's3:PutObject', object('rt-x-20260105t030000z-0a/outcome.json')],
  [[], 's3:PutObject', object('rt-x-20260105t030000z-0a/reports/job-1/manifest.json')],
  [
    ['PlanRole', 'DeployRole', 'StartJobsRole', 'ExtendRole'],
    's3:GetObject',
    object('rt-x-20260105t030000z-0a/retention.json'),
  ],
  // The buckets that are rolled back: nobody here writes.
  [[], 's3:PutObject', `${BUCKET}/key`],
  [[], 's3:DeleteObject', `${BUCKET}/key`],
  [[], 's3:DeleteObjectVersion', `${BUCKET}/key`],
  [[], 's3:PutBucketVersioning', BUCKET],
  [[], 's3:PutBucketPolicy', BUCKET],
  [['PlanRole', 'StartJobsRole'], 's3:ListBucketVersions', BUCKET],
  [['PlanRole', 'DeployRole', 'StartJobsRole'], 's3:GetBucketVersioning', BUCKET],
  [['PlanRole'], 's3:GetLifecycleConfiguration', BUCKET],
  [['PlanRole', 'StartJobsRole'], 's3:GetObject', `${BUCKET}/key`],
  [[], 's3:GetObject', 'arn:aws:s3:::strange/key'],
  [[], 's3:ListBucketVersions', 'arn:aws:s3:::strange'],
  // The record.
  [['PlanRole'], 's3:PutObject', object(`${ROLLBACK_ID}/plan.json`)],
  [['PlanRole'], 's3:PutObject', object(`${ROLLBACK_ID}/template.yaml`)],
  [['PlanRole'], 's3:PutObject', object(`${ROLLBACK_ID}/manifests/scenario1.csv`)],
  [['PlanRole'], 's3:PutObject', object(`work/${ROLLBACK_ID}/t/1.parquet`)],
  [['DeployRole', 'StartJobsRole'], 's3:PutObject', object(`${ROLLBACK_ID}/jobs/scenario1-1.csv`)],
  [['StartJobsRole'], 's3:PutObject', object(`${ROLLBACK_ID}/approval.json`)],
  [['StartJobsRole'], 's3:PutObject', object(`${ROLLBACK_ID}/outcomes/scenario1.csv`)],
  [['StartJobsRole'], 's3:PutObject', object(`${ROLLBACK_ID}/outcomes/journal/x`)],
  [[], 's3:DeleteObject', object(`${ROLLBACK_ID}/outcomes/journal/x`)],
  [[], 's3:PutObject', object(`${ROLLBACK_ID}/reports/x`)],
  [
    ['PlanRole', 'DeployRole', 'StartJobsRole', 'CleanupRole'],
    's3:GetObject',
    object(`${OTHER_ID}/plan.json`),
  ],
  // The record of a set: its plans have records of their own beside it.
  [['PlanRole'], 's3:PutObject', object('rs-2-buckets-0a1b2c3d/set.json')],
  [['StartJobsRole'], 's3:PutObject', object('rs-2-buckets-0a1b2c3d/approval.json')],
  [[], 's3:PutObject', object('rs-2-buckets-0a1b2c3d/jobs.json')],
  [[], 's3:DeleteObject', object('rs-2-buckets-0a1b2c3d/set.json')],
  [
    ['PlanRole', 'DeployRole', 'StartJobsRole', 'CleanupRole'],
    's3:GetObject',
    object('rs-2-buckets-0a1b2c3d/set.json'),
  ],
  [['CleanupRole'], 's3:DeleteObject', object(`work/${ROLLBACK_ID}/t/1.parquet`)],
  [[], 's3:DeleteObject', object(`${ROLLBACK_ID}/plan.json`)],
  [[], 's3:DeleteObjectVersion', object(`${ROLLBACK_ID}/plan.json`)],
  [[], 's3:DeleteObjectVersion', object('work/x')],
  [[], 's3:PutBucketPolicy', `arn:aws:s3:::${RECORD}`],
  // Functions and their logs.
  [['ServiceRole'], 'lambda:CreateFunction', at('lambda', 'function:rb-x')],
  [[], 'lambda:CreateFunction', at('lambda', 'function:other')],
  [[], 'lambda:UpdateFunctionCode', at('lambda', 'function:rb-x')],
  [[], 'lambda:UpdateFunctionConfiguration', at('lambda', 'function:rb-x')],
  [[], 'lambda:AddPermission', at('lambda', 'function:rb-x')],
  [[], 'lambda:CreateFunctionUrlConfig', at('lambda', 'function:rb-x')],
  [[], 'lambda:InvokeFunction', at('lambda', 'function:rb-x')],
  [['ServiceRole'], 'logs:CreateLogGroup', at('logs', 'log-group:/s3-rewind/rollback/rb-x')],
  [['ServiceRole'], 'logs:DescribeLogGroups', '*'],
  [[], 'logs:DeleteLogGroup', at('logs', 'log-group:/aws/lambda/other')],
  // Athena and Glue.
  [['PlanRole'], 'athena:StartQueryExecution', at('athena', 'workgroup/s3-rewind-plan')],
  [[], 'athena:StartQueryExecution', at('athena', 'workgroup/primary')],
  [['ServiceRole'], 'athena:CreateWorkGroup', at('athena', `workgroup/${ROLLBACK_ID}`)],
  [[], 'athena:DeleteWorkGroup', at('athena', 'workgroup/s3-rewind-plan')],
  [['PlanRole'], 'glue:CreateTable', at('glue', 'table/s3_rewind_plan_0a1b2c3d/t')],
  // A CTAS with partitioned_by has its partitions made, and they are looked up when the table is read.
  [['PlanRole'], 'glue:BatchCreatePartition', at('glue', 'table/s3_rewind_plan_0a1b2c3d/t')],
  [['PlanRole'], 'glue:BatchGetPartition', at('glue', 'table/s3_rewind_plan_0a1b2c3d/t')],
  [['PlanRole', 'CleanupRole'], 'glue:DeleteDatabase', at('glue', 'database/s3_rewind_plan_0a1b2c3d')],
  [['PlanRole', 'CleanupRole'], 'glue:DeleteTable', at('glue', 'table/s3_rewind_plan_0a1b2c3d/t')],
  [['CleanupRole'], 'glue:GetDatabases', at('glue', 'catalog')],
  [['PlanRole', 'CleanupRole'], 'glue:GetTables', at('glue', 'database/s3_rewind_plan_0a1b2c3d')],
  [['CleanupRole'], 's3:DeleteObject', object('work/plan-0a1b2c3d/t/1.parquet')],
  [[], 'glue:DeleteDatabase', at('glue', 'database/sales')],
  [['ServiceRole'], 'glue:CreateTable', at('glue', 'table/rb_x/inventory')],
  [[], 'glue:DeleteTable', at('glue', 'table/sales/orders')],
  [[], 'glue:GetTable', at('glue', 'table/sales/orders')],
  [['PlanRole'], 'lakeformation:GetDataAccess', '*'],
  [['PlanRole'], 's3:ListAllMyBuckets', '*'],
];
