import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, ROLLBACK_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const RESUME = {
  name: 'resume',
  what: 'Shows a rollback whose run was lost, or left rows, to the people who are to approve that it goes on. Changes nothing in any bucket; `start-jobs` comes next.',
  command: 'start-jobs',
  permissions: {
    actions: 'read, to name who is asked for an approval',
    'pull-requests': 'write, for the comment',
  },
  inputs: {
    record: {
      what: 'The record, of a plan or of a set, `s3://BUCKET/ROLLBACK-ID/`. A record that was on the runner alone went with it.',
      kind: 'text',
      required: true,
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
    environment: {
      what: 'Environment of the job that comes next, whose required reviewers approve.',
      kind: 'text',
      default: 's3-rewind',
      example: 'production-data',
    },
    ...ENDPOINT_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: {
    'pull-request': {
      what: 'Number of the pull request that showed the plan; empty where there is none.',
      kind: 'number',
      example: '7',
    },
    ...ROLLBACK_OUTPUTS,
  },
} as const satisfies ActionContract;
