import type { ActionContract } from '../contract.ts';
import { PLAN_OUTPUTS, PRESENTATION_INPUTS, PRESENTATION_PERMISSIONS } from './github.ts';

export const UNDO = {
  name: 'undo',
  what: 'Plans the way back from a run, and shows it in a pull request like any plan. Changes nothing in any bucket.',
  command: 'undo',
  permissions: PRESENTATION_PERMISSIONS,
  inputs: {
    record: {
      what: 'The plan folder of the run, with its outcomes.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: '/home/runner/work/_temp/s3-rewind/record',
    },
    ...PRESENTATION_INPUTS,
  },
  outputs: PLAN_OUTPUTS,
} as const satisfies ActionContract;
