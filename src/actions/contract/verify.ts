import type { ActionContract } from '../contract.ts';
import { DESTINATION_INPUTS, ENDPOINT_INPUTS } from './endpoint.ts';
import { ROLLBACK_OUTPUTS } from './github.ts';

const { 'comment-url': _, ...VERIFY_OUTPUTS } = ROLLBACK_OUTPUTS;

export const VERIFY = {
  name: 'verify',
  what: 'Proves that a run did what its plan promised. Changes nothing.',
  command: 'verify',
  permissions: {},
  inputs: {
    record: {
      what: 'The record of the run, of a plan or of a set: a folder, or `s3://BUCKET/ROLLBACK-ID/`.',
      kind: 'text',
      flag: '--record',
      required: true,
      example: 's3-rewind-record',
    },
    list: {
      what: 'List the bucket now and compare every key in scope too, not only those acted on.',
      kind: 'switch',
      flag: '--list',
      default: 'false',
      example: 'true',
    },
    inventory: {
      what: 'The same with an inventory that was taken after the run; one a line.',
      kind: 'lines',
      flag: '--inventory',
      example: 's3://my-inventories/my-bucket/daily/2025-09-01T01-00Z/manifest.json',
    },
    'plan-inventory': {
      what: 'With `list` or `inventory`: where the inventory of the plan is now; one a line.',
      kind: 'lines',
      flag: '--plan-inventory',
      example: 'versions.parquet',
    },
    concurrency: {
      what: 'With `list`: most requests at a time.',
      kind: 'number',
      flag: '--concurrency',
      example: '64',
    },
    ...ENDPOINT_INPUTS,
    ...DESTINATION_INPUTS,
  },
  outputs: VERIFY_OUTPUTS,
} as const satisfies ActionContract;
