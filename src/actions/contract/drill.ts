import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { DECISION_OUTPUTS } from './github.ts';

export const DRILL = {
  name: 'drill',
  what: 'Tries before the bad day that a rollback works: plans a bucket in use, and rolls an incident back in a scratch bucket of its own. Tells how long it took, and how that changes.',
  command: 'drill',
  permissions: {},
  inputs: {
    bucket: {
      what: 'The bucket in use to plan. Nothing of the plan is started.',
      kind: 'text',
      flag: '--bucket',
      example: 'my-bucket',
    },
    prefix: {
      what: 'Only keys that start with this text, taken literally; one a line.',
      kind: 'lines',
      flag: '--prefix',
      example: 'data/2025/',
    },
    ago: {
      what: 'How far back to plan it.',
      kind: 'text',
      flag: '--ago',
      default: '24h',
      example: '7d',
    },
    inventory: {
      what: 'The inventory of that plan, as in `plan`; one a line. By default the best of what there is.',
      kind: 'lines',
      flag: '--inventory',
      example: 's3-inventory',
    },
    list: {
      what: 'List the bucket for that plan.',
      kind: 'switch',
      flag: '--list',
      default: 'false',
      example: 'true',
    },
    engine: {
      what: 'What reads the inventory: `duckdb`, `athena` or `auto`, as in `plan`.',
      kind: 'text',
      flag: '--engine',
      default: 'auto',
      example: 'athena',
    },
    'record-bucket': {
      what: 'As in `plan`. Keeps the drills too, under `drills/`, unless `history` says otherwise.',
      kind: 'text',
      flag: '--record-bucket',
      example: 'my-records',
    },
    scratch: {
      what: 'Roll back in the scratch bucket of this account and Region too. Made by the first drill.',
      kind: 'switch',
      flag: '--scratch',
      default: 'false',
      example: 'true',
    },
    'scratch-bucket': {
      what: 'Another name for it. Needed with `endpoint-url`.',
      kind: 'text',
      flag: '--scratch-bucket',
      example: 'my-drill-bucket',
    },
    objects: {
      what: 'Objects in the scratch bucket before the incident.',
      kind: 'number',
      flag: '--objects',
      default: '1000',
      example: '100000',
    },
    settle: {
      what: 'How long a new scratch bucket waits after its versioning was enabled. S3 asks for 15 minutes.',
      kind: 'text',
      flag: '--settle',
      default: '15m',
      example: '0s',
    },
    history: {
      what: 'A folder, or `s3://BUCKET/NAME/`: keeps a file of every drill. A folder is lost with the runner.',
      kind: 'text',
      flag: '--history',
      example: 's3://my-records/drills/',
    },
    ...ENDPOINT_INPUTS,
  },
  outputs: {
    slower: {
      what: 'What took longer than in earlier drills, in words; empty where nothing did.',
      kind: 'text',
      example: 'time to plan',
    },
    ...DECISION_OUTPUTS,
  },
} as const satisfies ActionContract;
