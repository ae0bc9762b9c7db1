import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { FREEZE_OUTPUTS } from './freeze.ts';

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
    'dry-run': {
      what: 'Only tell what would be changed.',
      kind: 'switch',
      flag: '--dry-run',
      default: 'false',
      example: 'true',
    },
    ...ENDPOINT_INPUTS,
  },
  outputs: FREEZE_OUTPUTS,
} as const satisfies ActionContract;
