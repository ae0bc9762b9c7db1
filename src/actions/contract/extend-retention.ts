import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, DECISION_OUTPUTS, ENVIRONMENT_INPUTS, TOKEN_INPUT } from './github.ts';

export const EXTEND_RETENTION = {
  name: 'extend-retention',
  what: 'Keeps current versions under Object Lock: plans what is due, deploys the settings, starts the jobs. Never shortens a date.',
  command: 'extend-retention',
  permissions: {
    contents:
      'write, with `step: plan`, for the branch of the pull request; `read` with `pull-request: false`',
    'pull-requests': 'write, for the pull request and its comment',
    actions:
      'read, for the proof with `step: start` and `approval: environment`; with `step: deploy`, to name who is asked for an approval',
    deployments: 'read, for the time of the approval; nothing rests on it',
  },
  inputs: {
    step: {
      what: '`plan`: find what is due, and put the plan into the record bucket. `deploy`: make the stack of the settings. `start`: extend.',
      kind: 'choice',
      choices: ['plan', 'deploy', 'start'],
      required: true,
      example: 'plan',
    },
    config: {
      what: 'With `plan`: file with the settings, YAML or JSON, in the checked-out repository; see [its fields](../../docs/object-lock.md#several-prefixes-with-different-periods).',
      kind: 'text',
      flag: '--config',
      example: '.github/s3-rewind-retention.yml',
    },
    inventory: {
      what: 'With `plan`: manifest.json of an S3 Inventory report with the Object Lock fields, or the folder of all reports, `s3://…/`, for the newest.',
      kind: 'lines',
      flag: '--inventory',
      example: 's3://my-reports/locks/my-bucket/s3-rewind-retention/',
    },
    list: {
      what: 'With `plan`, for small buckets: list now, and ask for the lock of every current version.',
      kind: 'switch',
      flag: '--list',
      default: 'false',
      example: 'true',
    },
    'record-bucket': {
      what: 'With `plan`: the bucket of records.',
      kind: 'text',
      flag: '--record-bucket',
      example: 's3-rewind-111122223333-eu-west-1',
    },
    engine: {
      what: 'With `plan`: what reads the report: the runner (`duckdb`), AWS (`athena`), or `auto`: Athena for reports in ORC and for large ones.',
      kind: 'choice',
      flag: '--engine',
      default: 'auto',
      example: 'athena',
    },
    'work-group': {
      what: 'With `plan` on Athena: the workgroup to run queries in. By default that of the bootstrap stack, `s3-rewind-plan`.',
      kind: 'text',
      flag: '--work-group',
      example: 's3-rewind-plan',
    },
    previous: {
      what: 'With `plan`: the record of the run before, or `latest`.',
      kind: 'text',
      flag: '--previous',
      default: 'latest',
      example: 's3://my-records/rt-my-bucket-20260104t030000z-3f2a9c1b/',
    },
    'report-only': {
      what: 'With `plan`: make a plan that cannot be started.',
      kind: 'switch',
      flag: '--report-only',
      default: 'false',
      example: 'true',
    },
    record: {
      what: 'With `deploy` and `start`: the record, the output of `plan`.',
      kind: 'text',
      example: 's3://my-records/rt-my-bucket-20260104t030000z-3f2a9c1b/',
    },
    'plan-digest': {
      what: 'With `start`: digest of the plan that was shown, the output of `plan`.',
      kind: 'text',
      example: 'sha256:0c2f…',
    },
    approval: {
      what: 'With `start`: `environment`, the review of this run; `earlier`, the approval of the same settings that AWS holds from before; or `none` for sandboxes; see [the proof](../../docs/approval.md).',
      kind: 'choice',
      choices: ['environment', 'earlier', 'none'],
      default: 'environment',
      example: 'earlier',
    },
    ...ENVIRONMENT_INPUTS,
    environment: {
      ...ENVIRONMENT_INPUTS.environment,
      what: 'Environment of the job with `start`, whose required reviewers approve. With `deploy` the comment names them.',
    },
    'pull-request': {
      what: 'With `plan`: open a pull request with a plan that needs a review, and one comment on it that later steps keep up to date. `false`: the summary of the run alone.',
      kind: 'switch',
      default: 'true',
      example: 'false',
    },
    'pull-request-number': {
      what: 'With `deploy` and `start`: the pull request whose comment is kept up to date, the output `pull-request` of `plan`. The proof then looks for the plan in that comment.',
      kind: 'number',
      example: '7',
    },
    'boundary-arn': {
      what: 'With `deploy`: permissions boundary, output of the bootstrap stack.',
      kind: 'text',
      example: 'arn:aws:iam::111122223333:policy/s3-rewind/bootstrap/s3-rewind-bootstrap-Boundary-1A2B',
    },
    'service-role-arn': {
      what: 'With `deploy`: role of CloudFormation, output of the bootstrap stack.',
      kind: 'text',
      example: 'arn:aws:iam::111122223333:role/s3-rewind/bootstrap/s3-rewind-bootstrap-ServiceRole-3C4D',
    },
    'poll-seconds': {
      what: 'With `deploy` and `start`: between two looks at the stack and the jobs.',
      kind: 'text',
      default: '10',
      example: '60',
    },
    ...ENDPOINT_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: {
    record: {
      what: 'The record for later jobs.',
      kind: 'text',
      example: 's3://my-records/rt-my-bucket-20260104t030000z-3f2a9c1b/',
    },
    'plan-digest': {
      what: 'Digest of the plan, which names exactly what was reviewed.',
      kind: 'text',
      example: 'sha256:0c2f…',
    },
    'review-required': {
      what: '`true`: a person has to approve this run. `false`: it is within settings and a budget that were approved before.',
      kind: 'text',
      example: 'false',
    },
    'pull-request': {
      what: 'Number of the pull request; empty where there is none.',
      kind: 'number',
      example: '7',
    },
    'comment-url': {
      what: 'Address of the comment; empty where there is no pull request.',
      kind: 'text',
      example: 'https://github.com/acme/data/pull/7#issuecomment-1',
    },
    ...DECISION_OUTPUTS,
  },
} as const satisfies ActionContract;
