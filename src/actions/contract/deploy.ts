import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS, POLL_INPUT } from './endpoint.ts';
import { COMMENT_AUTHOR_INPUT, ROLLBACK_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const DEPLOY = {
  name: 'deploy',
  what: 'Turns a plan into a CloudFormation stack and suspended jobs of S3 Batch Operations. Changes no data.',
  command: 'deploy',
  permissions: {
    actions: 'read, to name who is asked for an approval',
    'pull-requests': 'write, for the comment',
  },
  inputs: {
    record: {
      what: 'The record of a plan or of a set: `s3://BUCKET/ROLLBACK-ID/`, or a folder together with `record-bucket`.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
    'record-bucket': {
      what: 'For a plan folder: the record bucket of the bootstrap stack, to put it into.',
      kind: 'text',
      flag: '--record-bucket',
      example: 'my-records',
    },
    'boundary-arn': {
      what: 'Permissions boundary: the output `BoundaryArn` of the bootstrap stack.',
      kind: 'text',
      flag: '--boundary-arn',
      required: true,
      example: 'arn:aws:iam::111122223333:policy/s3-rewind/bootstrap/s3-rewind-bootstrap-Boundary-1A2B',
    },
    'service-role-arn': {
      what: 'Role that CloudFormation acts as: the output `ServiceRoleArn` of the bootstrap stack.',
      kind: 'text',
      flag: '--service-role-arn',
      required: true,
      example: 'arn:aws:iam::111122223333:role/s3-rewind/bootstrap/s3-rewind-bootstrap-ServiceRole-3C4D',
    },
    scenarios: {
      what: 'Only these scenarios of the plan, separated by commas; not for a set.',
      kind: 'text',
      flag: '--scenarios',
      example: '2,3b',
    },
    'reserved-concurrency': {
      what: 'Task functions that run at a time at most; `0` for no limit. Left out, as many as the estimate of the plan reckons with: 15 to 100.',
      kind: 'text',
      flag: '--reserved-concurrency',
      example: '30',
    },
    'expires-days': {
      what: 'After so many days `cleanup` with `expired` takes the stack away.',
      kind: 'number',
      flag: '--expires-days',
      default: '30',
      example: '7',
    },
    ...POLL_INPUT,
    environment: {
      what: 'Environment of the job that starts the rollback: the comment then names who is asked for an approval.',
      kind: 'text',
      example: 's3-rewind',
    },
    'pull-request': {
      what: 'Number of the pull request whose comment is to be written anew: the output of `plan`.',
      kind: 'number',
      example: '7',
    },
    ...ENDPOINT_INPUTS,
    ...COMMENT_AUTHOR_INPUT,
    ...TOKEN_INPUT,
  },
  outputs: {
    ...ROLLBACK_OUTPUTS,
    record: {
      what: 'The record for `start-jobs`, `verify`, `undo` and `cleanup`; empty where nothing was deployed.',
      kind: 'text',
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
  },
} as const satisfies ActionContract;
