import type { ActionContract } from '../contract.ts';
import { DESTINATION_INPUTS, ENDPOINT_INPUTS, POLL_INPUT } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, ENVIRONMENT_INPUTS, ROLLBACK_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const START_JOBS = {
  name: 'start-jobs',
  what: 'Proves that someone else approved exactly this plan, runs it, and verifies it. This changes the bucket.',
  command: 'start-jobs',
  permissions: {
    actions: 'read, for the proof: environment, run, approvals',
    'pull-requests': 'write, for the comment',
    deployments: 'read, for the time of the approval; nothing rests on it',
    contents: 'read, for CODEOWNERS with `approval: code-owner-review`',
  },
  inputs: {
    record: {
      what: 'The record of a plan or of a set: a folder, or `s3://BUCKET/ROLLBACK-ID/`. Where `deploy` has made jobs for it, those are started; otherwise the runner carries the plan out.',
      kind: 'text',
      required: true,
      example: 's3-rewind-record',
    },
    approval: {
      what: 'How it is proved that someone approved: `environment`, `code-owner-review`, or `none` for sandboxes; see [the proof](../../docs/approval.md).',
      kind: 'choice',
      choices: ['environment', 'code-owner-review', 'none'],
      default: 'environment',
      example: 'environment',
    },
    ...ENVIRONMENT_INPUTS,
    'pull-request': {
      what: 'Number of the pull request whose comment showed the plan: the output of `plan`.',
      kind: 'number',
      example: '7',
    },
    'plan-digest': {
      what: 'Digest of the plan that was shown: the output of `plan`. Needed where there is no pull request; compared wherever it is given.',
      kind: 'text',
      example: 'sha256:0c2f…',
    },
    commit: {
      what: 'With `approval: code-owner-review`: commit of the plan, the output of `plan`.',
      kind: 'text',
      example: '3d3c42e5aac5ba805825da76410c181273ba90b1',
    },
    verify: {
      what: 'Compare the bucket with the plan after the run.',
      kind: 'switch',
      default: 'true',
      example: 'false',
    },
    concurrency: {
      what: 'Most requests of the runner in flight.',
      kind: 'number',
      flag: '--concurrency',
      default: '64',
      example: '128',
    },
    ...POLL_INPUT,
    ...ENDPOINT_INPUTS,
    ...DESTINATION_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: ROLLBACK_OUTPUTS,
} as const satisfies ActionContract;
