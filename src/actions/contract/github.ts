import type { InputSpec, OutputSpec } from '../contract.ts';

export const TOKEN_INPUT = {
  'github-token': {
    what: 'Token for pull request, comment and proof. The token of the job will do, with the permissions above.',
    kind: 'text',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub.
    default: '${{ github.token }}',
    example: 'ghs_…',
    secret: true,
  },
} as const satisfies Record<string, InputSpec>;

export const COMMENT_AUTHOR_INPUT = {
  'comment-author': {
    what: 'Login of the account whose token posts the comment. A comment of anyone else is not ours, whatever it says.',
    kind: 'text',
    default: 'github-actions[bot]',
    example: 'acme-rollbacks[bot]',
  },
} as const satisfies Record<string, InputSpec>;

/** Where a plan is shown to the people who approve it. */
export const PRESENTATION_INPUTS = {
  'pull-request': {
    what: 'Open a pull request with the plan, and one comment on it that later stages keep up to date. `false`: the summary of the run alone.',
    kind: 'switch',
    default: 'true',
    example: 'false',
  },
  environment: {
    what: 'Environment of the job that starts the rollback. With it the comment names who is asked for an approval; give it where that job comes next.',
    kind: 'text',
    example: 's3-rewind',
  },
  ...COMMENT_AUTHOR_INPUT,
  ...TOKEN_INPUT,
} as const satisfies Record<string, InputSpec>;

/** The environment whose reviewers approve, as the proof looks at it. */
export const ENVIRONMENT_INPUTS = {
  environment: {
    what: 'Environment of this job, whose required reviewers approve.',
    kind: 'text',
    default: 's3-rewind',
    example: 'production-data',
  },
  'admin-bypass': {
    what: 'Whether administrators may be able to bypass the rules of the environment. `accept` goes on record.',
    kind: 'choice',
    choices: ['refuse', 'accept'],
    default: 'refuse',
    example: 'accept',
  },
} as const satisfies Record<string, InputSpec>;

/** Who is to carry a plan out. */
export const EXECUTOR_INPUT = {
  executor: {
    what: 'Who is to carry the plan out, and so what the comment says comes next: the runner (`direct`), S3 Batch Operations (`batch`, needs `record-bucket`), or `auto`: `batch` where there is a `record-bucket` on Amazon S3.',
    kind: 'choice',
    choices: ['direct', 'batch', 'auto'],
    default: 'direct',
    example: 'auto',
  },
} as const satisfies Record<string, InputSpec>;

export const DECISION_OUTPUTS = {
  decision: {
    what: 'What came of it, in one word; see [the decisions](../../docs/actions.md#decisions).',
    kind: 'text',
    example: 'planned',
  },
  'reason-code': {
    what: '`OK`, `ROWS_LEFT`, `DIFFERENCES_FOUND`, `NOT_READY`, or one of the [error codes](../../docs/errors.md).',
    kind: 'text',
    example: 'OK',
  },
  result: {
    what: 'All of it as one JSON object; see its [schema](../../docs/action-result.schema.json).',
    kind: 'JSON',
    example: '{"schemaVersion":1,"decision":"planned"}',
  },
} as const satisfies Record<string, OutputSpec>;

export const ROLLBACK_OUTPUTS = {
  'rollback-id': {
    what: 'ID of the rollback, or of the set.',
    kind: 'text',
    example: 'rb-my-bucket-20250830t020000z-3f2a9c1b',
  },
  'plan-digest': {
    what: 'Digest of the plan, or of the set, which names exactly what was reviewed.',
    kind: 'text',
    example: 'sha256:0c2f…',
  },
  'comment-url': {
    what: 'Address of the comment; empty where there is no pull request.',
    kind: 'text',
    example: 'https://github.com/acme/data/pull/7#issuecomment-1',
  },
  ...DECISION_OUTPUTS,
} as const satisfies Record<string, OutputSpec>;

export const PLAN_OUTPUTS = {
  ...ROLLBACK_OUTPUTS,
  record: {
    what: 'The record for later jobs: `s3://BUCKET/ROLLBACK-ID/` with `record-bucket`, otherwise `folder`.',
    kind: 'text',
    example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
  },
  folder: {
    what: 'The plan folder on the runner: keep it as an artifact for the job that starts it.',
    kind: 'text',
    example: 's3-rewind-record',
  },
  executor: {
    what: 'Who is to carry the plan out: `direct`, the job that starts it; `batch`, after the action `deploy`.',
    kind: 'text',
    example: 'batch',
  },
  'pull-request': {
    what: 'Number of the pull request; empty where there is none.',
    kind: 'number',
    example: '7',
  },
  commit: {
    what: 'Commit of the plan on the branch of the pull request, for `approval: code-owner-review`.',
    kind: 'text',
    example: '3d3c42e5aac5ba805825da76410c181273ba90b1',
  },
} as const satisfies Record<string, OutputSpec>;

/** What posting and reading on GitHub takes. */
export const PRESENTATION_PERMISSIONS = {
  contents: 'write, for the branch of the pull request; `read` with `pull-request: false`',
  'pull-requests': 'write, for the pull request and its comment',
  actions: 'read, to name who is asked for an approval',
} as const;
