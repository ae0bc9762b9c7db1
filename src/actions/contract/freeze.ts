import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { DECISION_OUTPUTS } from './github.ts';

/** What freeze and thaw take alike. */
export const CHANGE_INPUTS = {
  'dry-run': {
    what: 'Only tell what would be changed.',
    kind: 'switch',
    flag: '--dry-run',
    default: 'false',
    example: 'true',
  },
  ...ENDPOINT_INPUTS,
} as const satisfies ActionContract['inputs'];

export const FREEZE_OUTPUTS = {
  'rollback-id': {
    what: 'ID of the rollback that the record holds; empty where it holds none.',
    kind: 'text',
    example: 'rb-my-bucket-20250830t020000z-3f2a9c1b',
  },
  ...DECISION_OUTPUTS,
} as const;

export const FREEZE = {
  name: 'freeze',
  what: 'Denies writes and deletes in a bucket to everybody but those who roll it back, and pauses lifecycle rules. This changes the policy of the bucket.',
  command: 'freeze',
  permissions: {},
  inputs: {
    bucket: {
      what: 'The bucket to freeze.',
      kind: 'text',
      flag: '--bucket',
      required: true,
      example: 'my-bucket',
    },
    record: {
      what: 'Where freeze.json is kept until the thaw: the record of the rollback, or a place of its own. A folder is lost with the runner.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: 's3://my-records/freeze-my-bucket/',
    },
    prefix: {
      what: 'Only keys that start with this text, taken literally; one a line.',
      kind: 'lines',
      flag: '--prefix',
      example: 'data/2025/',
    },
    except: {
      what: 'A role or user of IAM that may write; one a line. `*` stands for any characters.',
      kind: 'lines',
      flag: '--except',
      example: 'arn:aws:iam::111122223333:role/on-call',
    },
    account: {
      what: 'Except the roles of rollbacks on AWS in this account. This or `except` is needed.',
      kind: 'text',
      flag: '--account',
      example: '111122223333',
    },
    until: {
      what: 'When to remind of the freeze; in 24 hours by default. Nothing thaws by itself.',
      kind: 'text',
      flag: '--until',
      example: '2025-08-31T18:00:00Z',
    },
    'deny-services': {
      what: 'Deny AWS services too that write for themselves, such as the delivery of logs.',
      kind: 'switch',
      flag: '--deny-services',
      default: 'false',
      example: 'true',
    },
    'keep-lifecycle': {
      what: 'Leave the lifecycle rules alone.',
      kind: 'switch',
      flag: '--keep-lifecycle',
      default: 'false',
      example: 'true',
    },
    ...CHANGE_INPUTS,
  },
  outputs: FREEZE_OUTPUTS,
} as const satisfies ActionContract;
