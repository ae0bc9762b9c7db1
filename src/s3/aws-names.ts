/**
 * Names in an AWS account that the bootstrap stack, the stack of a rollback and the commands agree on. IAM policies
 * rest on them: a change here is a change of what the roles may do.
 */

/** Tags of a rollback's stack and roles. */
export const ROLLBACK_TAGS = {
  rollback: 's3-rewind:rollback',
  digest: 's3-rewind:digest',
  repository: 's3-rewind:repository',
  run: 's3-rewind:run',
  expires: 's3-rewind:expires',
} as const;

/** The tag that lets the roles of a rollback write, where its value is the plan's digest. */
export const APPROVED_TAG = 's3-rewind:approved';

/** Path of the roles of rollbacks; nothing else may live under it. */
export const ROLLBACK_ROLE_PATH = '/s3-rewind/rollback/';
/** Path of the roles and policies of the bootstrap stack. */
export const BOOTSTRAP_PATH = '/s3-rewind/bootstrap/';

/** Log groups of the task functions: this and the name of the stack. */
export const LOG_GROUP_PREFIX = '/s3-rewind/rollback/';

/** The Athena workgroup that plans are made in, and what the names of their Glue databases begin with. */
export const PLAN_WORKGROUP = 's3-rewind-plan';
export const PLAN_DATABASE_PREFIX = 's3_rewind_plan_';

/** Parameters of such a database: whose plan it is. What has none of them is nobody's to drop. */
export const PLAN_DATABASE_PARAMETERS = {
  recordBucket: 's3-rewind:record-bucket',
  bucket: 's3-rewind:bucket',
} as const;

/** Where a plan on Athena keeps the files of its tables, in the record bucket. @param id of its database */
export function planWorkPrefix(id: string): string {
  return `work/plan-${id}/`;
}

/** What the name of the scratch bucket of an account begins with, and the tag that a drill knows its own bucket by. */
export const DRILL_BUCKET_PREFIX = 's3-rewind-drill-';
export const DRILL_TAG = 's3-rewind:drill';
