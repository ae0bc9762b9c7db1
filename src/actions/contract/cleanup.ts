import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS, POLL_INPUT } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, DECISION_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const CLEANUP = {
  name: 'cleanup',
  what: 'Removes what a rollback still has on AWS: unfinished jobs, stack, roles, work files. Keeps the record.',
  command: 'cleanup',
  permissions: {
    'pull-requests': 'write, to note it in the comments of the rollbacks',
  },
  inputs: {
    record: {
      what: 'The record whose rollback is to be cleaned up, of a plan or of a set. Give this or `expired`.',
      kind: 'text',
      flag: '--record',
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
    expired: {
      what: 'Every rollback of the account and Region whose stack has expired.',
      kind: 'switch',
      flag: '--expired',
      default: 'false',
      example: 'true',
    },
    'record-bucket': {
      what: 'With `expired`: the bucket of records.',
      kind: 'text',
      flag: '--record-bucket',
      example: 'my-records',
    },
    account: {
      what: 'ID of the AWS account that the stacks are in, 12 digits.',
      kind: 'text',
      flag: '--account',
      example: '111122223333',
    },
    'dry-run': {
      what: 'Only tell what would be removed.',
      kind: 'switch',
      flag: '--dry-run',
      default: 'false',
      example: 'true',
    },
    ...POLL_INPUT,
    ...ENDPOINT_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: {
    rollbacks: {
      what: 'How many rollbacks were cleaned up, or would be.',
      kind: 'number',
      example: '2',
    },
    ...DECISION_OUTPUTS,
  },
} as const satisfies ActionContract;
