import type { ActionContract } from '../contract.ts';
import { CHANGE_INPUTS, FREEZE_OUTPUTS } from './freeze.ts';

export const THAW = {
  name: 'thaw',
  what: 'Ends a freeze: puts the policy and the lifecycle rules of the bucket back. Safe to repeat.',
  command: 'thaw',
  permissions: {},
  inputs: {
    record: {
      what: 'The record that was given to `freeze`.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: 's3://my-records/freeze-my-bucket/',
    },
    bucket: {
      what: 'The bucket that is meant: a record of another one is refused.',
      kind: 'text',
      flag: '--bucket',
      example: 'my-bucket',
    },
    ...CHANGE_INPUTS,
  },
  outputs: FREEZE_OUTPUTS,
} as const satisfies ActionContract;
