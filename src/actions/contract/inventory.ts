import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { DECISION_OUTPUTS } from './github.ts';

export const INVENTORY = {
  name: 'inventory',
  what: 'Lists every object version of a bucket to a file. Changes nothing.',
  command: 'inventory',
  permissions: {},
  inputs: {
    bucket: {
      what: 'The bucket to list.',
      kind: 'text',
      flag: '--bucket',
      required: true,
      example: 'my-bucket',
    },
    out: {
      what: 'The file to make, `.parquet` or `.csv`; must not exist.',
      kind: 'text',
      flag: '--out',
      required: true,
      example: 'versions.parquet',
    },
    prefix: {
      what: 'Only keys that start with this text, taken literally; one a line.',
      kind: 'lines',
      flag: '--prefix',
      example: 'data/2025/',
    },
    concurrency: {
      what: 'Most requests at a time.',
      kind: 'number',
      flag: '--concurrency',
      default: '32',
      example: '64',
    },
    ...ENDPOINT_INPUTS,
  },
  outputs: {
    file: { what: 'The file that was made.', kind: 'text', example: 'versions.parquet' },
    ...DECISION_OUTPUTS,
  },
} as const satisfies ActionContract;
