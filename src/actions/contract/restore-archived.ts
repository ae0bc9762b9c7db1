import type { ActionContract } from '../contract.ts';
import { DESTINATION_INPUTS, ENDPOINT_INPUTS } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, ENVIRONMENT_INPUTS, ROLLBACK_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const RESTORE_ARCHIVED = {
  name: 'restore-archived',
  what: 'Goes on with archived versions that a run left: tells cost and time, asks S3 to restore them, and copies what is ready.',
  command: 'restore-archived',
  permissions: {
    actions: 'read, for the proof with `step: start`: environment, run, approvals',
    deployments: 'read, for the time of the approval; nothing rests on it',
    'pull-requests': 'write, for the comment',
  },
  inputs: {
    record: {
      what: 'The record: a plan folder, or `s3://BUCKET/ROLLBACK-ID/`.',
      kind: 'text',
      required: true,
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
    step: {
      what: '`look`: tell cost and time, or how many versions are ready; changes nothing. `start`: with a proof of approval, ask S3 to restore. `go-on`: copy what is ready, as was approved with `start`.',
      kind: 'choice',
      choices: ['look', 'start', 'go-on'],
      default: 'look',
      example: 'start',
    },
    tier: {
      what: 'How fast S3 restores: `Bulk`, `Standard` or `Expedited`. By default Bulk, or what was approved.',
      kind: 'text',
      flag: '--tier',
      example: 'Standard',
    },
    days: {
      what: 'How long restored copies stay. By default 7, or as long as copying takes.',
      kind: 'number',
      flag: '--days',
      example: '10',
    },
    'restore-with': {
      what: "Who asks S3 for the restores: this runner (`direct`, the default), or for a plan that was deployed jobs of S3's own (`s3-batch-restore`), one a storage class.",
      kind: 'choice',
      choices: ['direct', 's3-batch-restore'],
      flag: '--restore-with',
      example: 's3-batch-restore',
    },
    'copy-with': {
      what: "Who copies what was restored: this runner (`direct`), or the task function of the plan's stack (`s3-batch-task`). By default the task function where the plan has a stack, otherwise this runner.",
      kind: 'choice',
      choices: ['direct', 's3-batch-task'],
      flag: '--copy-with',
      example: 's3-batch-task',
    },
    'poll-seconds': {
      what: 'Seconds between two looks at jobs.',
      kind: 'text',
      flag: '--poll-seconds',
      default: '10',
      example: '30',
    },
    approval: {
      what: 'With `step: start`: how it is proved that someone approved: `environment`, or `none` for sandboxes; see [the proof](../../docs/approval.md).',
      kind: 'choice',
      choices: ['environment', 'none'],
      default: 'environment',
      example: 'environment',
    },
    ...ENVIRONMENT_INPUTS,
    'plan-digest': {
      what: 'With `step: start`: digest of the plan that was shown, the output of the job that looked.',
      kind: 'text',
      example: 'sha256:0c2f…',
    },
    'pull-request': {
      what: 'Number of the pull request of the rollback, whose comment is kept up to date.',
      kind: 'number',
      example: '7',
    },
    concurrency: {
      what: 'Most requests in flight.',
      kind: 'number',
      flag: '--concurrency',
      default: '64',
      example: '128',
    },
    ...ENDPOINT_INPUTS,
    ...DESTINATION_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: {
    state: {
      what: 'With `step: look`: `new` (nobody has agreed yet), `ready` (versions can be copied), `waiting`, `expired` (takes a new approval), or `none`: nothing is archived.',
      kind: 'text',
      example: 'ready',
    },
    'next-look-at': {
      what: 'When the next look is worth it; empty where nothing waits.',
      kind: 'text',
      example: '2025-08-30T07:00:00Z',
    },
    ...ROLLBACK_OUTPUTS,
  },
} as const satisfies ActionContract;
