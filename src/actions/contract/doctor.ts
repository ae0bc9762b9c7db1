import type { ActionContract } from '../contract.ts';
import { ENDPOINT_INPUTS } from './endpoint.ts';
import { DECISION_OUTPUTS, TOKEN_INPUT } from './github.ts';

export const DOCTOR = {
  name: 'doctor',
  what: 'Checks before the bad day that a rollback would work, and says what to change. Changes nothing.',
  command: 'doctor',
  permissions: {
    actions: 'read, for the environment, the workflows and their runs',
    contents: 'read, for the workflows: schedules, permissions, version',
    deployments: 'read, because the proof of approval reads them',
    'pull-requests': 'read, because later stages read them',
  },
  inputs: {
    repository: {
      what: 'The repository whose gate, settings and schedules are checked; by default the one of the workflow.',
      kind: 'text',
      flag: '--repository',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub.
      default: '${{ github.repository }}',
      example: 'my-org/my-repo',
    },
    environment: {
      what: 'The environment that `start-jobs` waits in.',
      kind: 'text',
      flag: '--environment',
      default: 's3-rewind',
      example: 's3-rewind',
    },
    branch: {
      what: 'The branch that the roles trust. By default the default branch.',
      kind: 'text',
      flag: '--branch',
      example: 'main',
    },
    workflow: {
      what: 'Files of workflows that have to run on a schedule; one a line. By default those of s3-rewind.',
      kind: 'lines',
      flag: '--workflow',
      example: 'cleanup.yml',
    },
    'record-bucket': {
      what: 'The record bucket; with it the bootstrap stack and its roles are checked too.',
      kind: 'text',
      flag: '--record-bucket',
      example: 'my-records',
    },
    'object-lock': {
      what: 'The record bucket has to have Object Lock.',
      kind: 'switch',
      flag: '--object-lock',
      default: 'false',
      example: 'true',
    },
    'bootstrap-stack': {
      what: 'Name of the bootstrap stack. With `record-bucket` by default `s3-rewind-bootstrap`.',
      kind: 'text',
      flag: '--bootstrap-stack',
      example: 's3-rewind-bootstrap',
    },
    bucket: {
      what: 'Buckets that may have to be rolled back; one a line.',
      kind: 'lines',
      flag: '--bucket',
      example: 'my-bucket',
    },
    'horizon-days': {
      what: 'How far back a rollback has to reach, in days.',
      kind: 'number',
      flag: '--horizon-days',
      default: '7',
      example: '30',
    },
    accept: {
      what: 'Codes of checks that somebody settled otherwise; one a line. They stay in the table and do not fail the step. No token of a job can read `ACTIONS_PULL_REQUESTS` and `ACTIONS_DEFAULT_PERMISSIONS`.',
      kind: 'lines',
      flag: '--accept',
      example: 'ACTIONS_PULL_REQUESTS',
    },
    ...TOKEN_INPUT,
    ...ENDPOINT_INPUTS,
  },
  outputs: {
    problems: {
      what: 'Number of checks that found a problem or could not be read, without those accepted.',
      kind: 'number',
      example: '0',
    },
    ...DECISION_OUTPUTS,
  },
} as const satisfies ActionContract;
