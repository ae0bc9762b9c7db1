/**
 * Every refusal and failure of s3-rewind is a RunbookError with a code from this closed list. The list is part of
 * the public contract: scripts and workflows branch on the codes, `docs/errors.md` is generated from it.
 */

/** Exit status of the command line: bad input, or a failure that the input did not cause. */
const EXIT_BAD_INPUT = 2;
const EXIT_FAILURE = 1;

type ErrorKind = { exit: typeof EXIT_BAD_INPUT | typeof EXIT_FAILURE; meaning: string };

/* @__NO_SIDE_EFFECTS__ */
const badInput = (meaning: string): ErrorKind => ({ exit: EXIT_BAD_INPUT, meaning });
/* @__NO_SIDE_EFFECTS__ */
const failure = (meaning: string): ErrorKind => ({ exit: EXIT_FAILURE, meaning });

export const ERROR_KINDS = {
  INVALID_OPTION: badInput('An option is missing, unknown, or contradicts another one.'),
  INVALID_BUCKET: badInput('A bucket name breaks the naming rules of S3, or is a directory bucket.'),
  INVALID_TIMESTAMP: badInput(
    'The point in time is not RFC 3339, has a fraction, or names a date that does not exist.',
  ),
  TIMESTAMP_IN_FUTURE: badInput('The point in time lies in the future.'),
  INVALID_STORAGE_CLASS: badInput('The storage class for copies is not one that S3 copies into.'),
  COPY_WITH_NOT_POSSIBLE: badInput(
    "S3's own copy job cannot make the copies of this plan, or there is none where the plan is to run.",
  ),
  SET_INVALID: badInput(
    'The buckets of a set are named twice or are too many, or an option of a set does not fit its buckets.',
  ),
  INVALID_KMS_KEY: badInput('The KMS key is not given as a key ARN.'),
  INVALID_PREFIX: badInput('A prefix is empty, or longer than an S3 key can be.'),
  INVALID_PRICES: badInput('The price table is not readable or lacks a price.'),
  INVENTORY_NOT_FOUND: badInput('The inventory file or folder does not exist or cannot be read.'),
  INVENTORY_FORMAT_UNKNOWN: badInput('The inventory is neither CSV, Parquet nor an S3 Inventory report.'),
  INVENTORY_EMPTY: badInput('The inventory holds no version entry.'),
  INVENTORY_COLUMN_MISSING: badInput('A column that the plan rests on is not in the inventory.'),
  INVENTORY_COLUMN_UNKNOWN: badInput(
    'The inventory has a column that is not one of S3 Inventory, S3 Metadata or the lister.',
  ),
  INVENTORY_ROW_MALFORMED: badInput('A row of the inventory cannot be read; the message names the line.'),
  INVENTORY_FOREIGN_BUCKET: badInput('The inventory holds entries of another bucket.'),
  INVENTORY_INCONSISTENT: badInput(
    'The version entries of a key contradict each other: no or two current entries, or a version ID twice.',
  ),
  INVENTORY_CHECKSUM: badInput('A file of the S3 Inventory report is not the one its manifest lists.'),
  INVENTORY_TOO_OLD: badInput(
    'The inventory was taken before the point in time, so it cannot show what came after.',
  ),
  NO_USABLE_INVENTORY: badInput(
    'No S3 Inventory report of the bucket can serve the plan; the message says why each was refused.',
  ),
  METADATA_UNUSABLE: badInput(
    'The S3 Metadata tables of the bucket cannot serve the plan: not there, not ready, or not readable.',
  ),
  NOTHING_IN_SCOPE: badInput('No version entry of the inventory is in the scope of the given prefixes.'),
  OUTPUT_NOT_EMPTY: badInput('The output folder exists and is not empty.'),
  OUTPUT_NOT_WRITABLE: badInput('The output folder cannot be created or written.'),
  TEMPLATE_TOO_LARGE: badInput('The CloudFormation template is larger than CloudFormation takes.'),
  DISK_FULL: failure('The disk filled up; a plan leaves nothing behind, a run goes on where it stopped.'),
  OUT_OF_MEMORY: failure('The query engine needs more memory than its limit.'),
  CONSERVATION_VIOLATED: failure(
    'The counts of the classes do not add up to what was read. A bug: no plan is written.',
  ),
  QUERY_FAILED: failure('The query engine failed for a reason of its own.'),
  QUERY_TOO_LONG: badInput('A query has more text than Athena takes.'),
  QUERY_TIMED_OUT: failure('A query of Athena came to no end within its time.'),
  QUERY_CANCELLED: failure('A query of Athena was cancelled by someone else.'),
  LIST_TOO_LARGE: failure('A list of the plan is larger than S3 can put together from its parts.'),
  LIFECYCLE_CHANGED: failure(
    'The lifecycle rules of the bucket were changed by somebody else at the same time.',
  ),
  LIST_DAMAGED: failure('What Athena wrote for a list is not what its own counts say.'),
  AWS_FAILED: failure('A request to Athena or Glue failed, also after it was sent again.'),
  INTERRUPTED: failure(
    'The command was interrupted; a plan leaves nothing behind, a run goes on where it stopped.',
  ),
  BUCKET_NOT_FOUND: badInput('There is no such bucket at this endpoint.'),
  ACCESS_DENIED: badInput('The credentials may not do this, or the store does not know them.'),
  CREDENTIALS_MISSING: badInput("The AWS SDK's default chain found no credentials."),
  ENDPOINT_UNREACHABLE: badInput('Nothing answers at the endpoint.'),
  WRONG_REGION: badInput('The bucket is in another Region, or no Region is set.'),
  VERSIONING_NOT_ENABLED: badInput('The bucket has no versioning, so there is nothing to roll back to.'),
  S3_FAILED: failure('A request to S3 failed, also after it was sent again.'),
  RECORD_EXISTS: badInput('The record bucket holds a plan of this ID already.'),
  RECORD_NOT_FOUND: badInput('The record holds no plan.json that can be read.'),
  RECORD_CHANGED: badInput('The plan or a manifest of the record is not what its digest names.'),
  RECORD_FOREIGN_BUCKET: badInput('A manifest of the record names another bucket than its plan.'),
  RECORD_IN_USE: badInput('Another command is at work on the record.'),
  RECORD_NOT_RUN: badInput('The plan of the record has not run, or has not come to its end.'),
  RECORD_NOT_WRITABLE: failure('A file of the record cannot be written.'),
  OUTCOMES_DAMAGED: badInput('A file of outcomes was cut short or changed.'),
  CONFIRMATION_MISSING: badInput('The command changes a bucket, and was not told to go ahead.'),
  CHECKS_BLOCK: badInput('A blocking check of the plan stands against starting it.'),
  MFA_DELETE_ENABLED: badInput('MFA delete of the bucket forbids the removal of delete markers.'),
  RESTORE_TIER_UNAVAILABLE: badInput('The archive of a version knows no such retrieval tier.'),
  RESTORE_WINDOW_TOO_SHORT: badInput(
    'Restored copies would expire before they could be copied, or would be kept for no whole number of days.',
  ),
  RESTORE_TERMS_CHANGED: badInput(
    'The restores of this record were approved with another tier or number of days.',
  ),
  FREEZE_EXISTS: badInput(
    'The bucket is frozen already by another record, or the record holds another freeze.',
  ),
  FREEZE_NOT_FOUND: badInput('The record holds no freeze.'),
  FREEZE_DAMAGED: badInput('freeze.json of the record was cut short or changed.'),
  FREEZE_CONFLICT: failure(
    'Someone else changed the policy or the lifecycle configuration of the bucket at the same time.',
  ),
  DRILL_BUCKET_FOREIGN: badInput('The scratch bucket of a drill was not made by a drill.'),
  DRILL_FAILED: failure('A drill did not plan, roll back or undo what its own incident asks for.'),
  POLICY_TOO_LARGE: badInput('The bucket policy would be larger than S3 takes.'),
  POLICY_UNREADABLE: badInput('The bucket policy cannot be read, or S3 does not take it back as it is.'),
  LIFECYCLE_UNKNOWN: badInput(
    'The lifecycle configuration has elements that could not be put back as they are.',
  ),
  OBJECT_LOCK_NOT_ENABLED: badInput('The bucket has no Object Lock, so no version of it can be locked.'),
  INVALID_RETENTION: badInput(
    'A retention period, a step, a mode, a budget or the configuration of an extension is not one that can be used.',
  ),
  REVIEW_REQUIRED: badInput('The plan was to run unattended, and a person has to review it first.'),
  REPORT_ONLY: badInput('The plan was made to be read, not to be run.'),
  RECORD_STALE: badInput('The plan is older than one interval of its schedule.'),
  GITHUB_UNAUTHORISED: badInput('GitHub does not take the token: it is missing, expired or revoked.'),
  GITHUB_DENIED: badInput(
    'The token may not do this on GitHub; the message names the permission where GitHub does.',
  ),
  GITHUB_NOT_FOUND: badInput(
    'GitHub knows no such thing, or the token may not see it: it answers both with 404.',
  ),
  GITHUB_REFUSED: badInput('GitHub refused a request as invalid.'),
  GITHUB_RATE_LIMITED: failure('The rate limit of GitHub was still in force after waiting.'),
  GITHUB_FAILED: failure('A request to GitHub failed, also after it was sent again.'),
  PULL_REQUEST_NOT_ALLOWED: badInput(
    'The repository or organisation does not let GitHub Actions create pull requests.',
  ),
  APPROVAL_UNREADABLE: failure('An answer of GitHub that the proof of approval rests on could not be read.'),
  APPROVAL_AMBIGUOUS: badInput('The answers of GitHub allow more than one reading of who approved what.'),
  APPROVAL_ENVIRONMENT_MISSING: badInput(
    'The environment of the approval does not exist, or cannot be seen.',
  ),
  APPROVAL_REVIEWERS_MISSING: badInput(
    'The environment has no required reviewers, so nothing waits for anyone.',
  ),
  APPROVAL_ADMINS_BYPASS: badInput('Administrators can bypass the protection rules of the environment.'),
  APPROVAL_RERUN: badInput('The run is not at its first attempt: an approval counts for one attempt only.'),
  APPROVAL_STARTER_UNKNOWN: badInput(
    'A bot or a schedule started the run, so nobody can tell whether the approver is someone else.',
  ),
  APPROVAL_MISSING: badInput('The run has no approval for the environment.'),
  APPROVAL_REJECTED: badInput('A reviewer rejected the run for the environment.'),
  APPROVAL_REPEATED: badInput('The run has more than one approval for the environment.'),
  APPROVAL_BY_BOT: badInput('A bot approved, not a person.'),
  APPROVAL_BY_STARTER: badInput('Who started the run approved it.'),
  APPROVAL_NOT_REVIEWER: badInput('Who approved is not among the required reviewers.'),
  APPROVAL_TEAM_UNREADABLE: badInput(
    'A team is a required reviewer, and the token may not read whether the approver is in it.',
  ),
  APPROVAL_COMMENT_MISSING: badInput('The pull request has no comment of ours that shows the plan.'),
  APPROVAL_COMMENT_REPEATED: badInput(
    'The pull request has more than one comment of ours that shows the plan.',
  ),
  APPROVAL_COMMENT_FOREIGN: badInput('The comment that shows the plan was written by another run.'),
  APPROVAL_DIGEST_CHANGED: badInput('The plan that would start is not the one that was shown for approval.'),
  APPROVAL_PULL_REQUEST: badInput(
    'The pull request is closed, comes from a fork, or its head is not the commit of the plan.',
  ),
  APPROVAL_CODEOWNERS_MISSING: badInput(
    'The base branch has no CODEOWNERS file, or it names nobody for the plan.',
  ),
  APPROVAL_REVIEW_MISSING: badInput('No review approves the head commit of the pull request.'),
  APPROVAL_REVIEW_STALE: badInput('The approving review was dismissed, or made for an older commit.'),
  APPROVAL_CHANGES_REQUESTED: badInput('A reviewer asked for changes and has not approved since.'),
  APPROVAL_NOT_CODE_OWNER: badInput('Nobody who approved is a code owner of the plan.'),
  STACK_EXISTS: badInput('There is a stack of the same name that belongs to another plan.'),
  STACK_FAILED: failure(
    'CloudFormation could not make or remove the stack; its first reason is in the message.',
  ),
  STACK_CHANGED: badInput('The stack or a role of the rollback is not what its plan says.'),
  STACK_EXPIRED: badInput('The stack of the rollback has expired; nothing of it is started any more.'),
  NOT_DEPLOYED: badInput('The plan has no stack or no jobs yet.'),
  JOB_FAILED: failure('S3 Batch Operations could not prepare a job; its reasons are in the message.'),
  JOB_NOT_CONFIRMABLE: badInput('A job was cancelled, has failed or was not confirmed in time.'),
  REPORT_MISSING: failure('A job left no completion report.'),
  REPORT_DAMAGED: failure('A completion report is not what S3 Batch Operations wrote.'),
  LISTING_NOT_RESUMABLE: badInput('There is an unfinished listing that does not fit the one asked for.'),
  LISTING_IN_USE: badInput('Another command is at work on the unfinished listing.'),
  LISTING_STUCK: failure('The store repeats a page or does not say where the next one begins.'),
  LISTING_OUT_OF_ORDER: failure(
    'The store does not list as S3 does: keys in UTF-8 order, newest entry first.',
  ),
  LISTING_CHANGED: failure('A key was written so often that no consistent listing of it could be taken.'),
  INTERNAL_ERROR: failure('Something that was not foreseen: a bug. The stack stands on stderr.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** Exit status of a command that ends with an error: 2 for bad input, 1 for a failure. */
export function exitCodeOf({ code }: RunbookError): number {
  return ERROR_KINDS[code].exit;
}

/** A refusal or failure that tells its reader what was found and what to run next. */
export class RunbookError extends Error {
  readonly code: ErrorCode;
  /** The next command to run, or the next thing to change. */
  readonly hint: string;

  /**
   * @param message what was found: one sentence, with the fact that decides
   * @param options `hint`: the next command to run; `cause`: the error underneath, if any
   */
  constructor(code: ErrorCode, message: string, options: { hint: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RunbookError';
    this.code = code;
    this.hint = options.hint;
  }
}
