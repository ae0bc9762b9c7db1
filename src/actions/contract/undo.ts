import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { EXECUTOR_INPUT, PLAN_OUTPUTS, PRESENTATION_INPUTS, PRESENTATION_PERMISSIONS } from './github.ts';

export const UNDO = {
  name: 'undo',
  what: 'Plans the way back from a run, and shows it in a pull request like any plan. Changes nothing in any bucket.',
  command: 'undo',
  permissions: PRESENTATION_PERMISSIONS,
  inputs: {
    record: {
      what: 'The record of the run, of a plan or of a set: a folder with its outcomes, or `s3://BUCKET/ROLLBACK-ID/`.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: 's3://my-records/rb-my-bucket-20250830t020000z-3f2a9c1b/',
    },
    'record-bucket': {
      what: 'Put the plan into this bucket as well, under its ID.',
      kind: 'text',
      flag: '--record-bucket',
      example: 'my-records',
    },
    ...EXECUTOR_INPUT,
    ...ENDPOINT_INPUTS,
    ...PRESENTATION_INPUTS,
  },
  outputs: PLAN_OUTPUTS,
} as const satisfies ActionContract;
