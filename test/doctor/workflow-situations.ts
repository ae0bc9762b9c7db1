import { COMMIT, type Healthy, read, unreadable } from './healthy.ts';
import { each, type Situation } from './situation.ts';

/** Changes the text of one workflow of the repository. */
const inWorkflow = (file: string, change: (text: string) => string | null) => (s: Healthy) => {
  const found = s.github.workflowFiles.find((one) => one.file === file);
  if (found?.reading.readable !== true || found.reading.value === null) throw new Error(`no ${file}`);
  const text = change(found.reading.value);
  if (text === found.reading.value) throw new Error(`${file} was not changed`);
  found.reading = read(text);
};

/** Workflows and their schedules. */
export const WORKFLOW_SITUATIONS: Situation[] = [
  [
    'no workflow',
    (s) => each(s.github.schedules, (one) => (one.reading = read(null))),
    { SCHEDULE_ENABLED: 'warning', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'no workflow, asked for',
    (s) => {
      s.request.workflowsNamed = true;
      each(s.github.schedules, (one) => (one.reading = read(null)));
    },
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'nothing to extend',
    (s) => (s.github.schedules = [{ file: 'extend-retention.yml', reading: read(null) }]),
    { SCHEDULE_ENABLED: 'not-checked', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'workflows denied',
    (s) => each(s.github.schedules, (one) => Object.assign(one, { reading: unreadable() })),
    { SCHEDULE_ENABLED: 'unreadable', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    '60 quiet days',
    (s) => (s.cleanup.state = 'disabled_inactivity'),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'turned off',
    (s) => (s.cleanup.state = 'disabled_manually'),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'no schedule',
    (s) => (s.cleanup.crons = read([])),
    { SCHEDULE_ENABLED: 'problem', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'file unreadable',
    (s) => (s.cleanup.crons = unreadable()),
    { SCHEDULE_ENABLED: 'unreadable', SCHEDULE_LAST_RUN: 'not-checked' },
  ],
  [
    'a job without a permission that the proof needs',
    inWorkflow('rollback.yml', (text) => text.replace(/ {6}deployments: read.*\n/, '')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'a job that may only read what it has to write',
    inWorkflow('undo.yml', (text) => text.replace('pull-requests: write', 'pull-requests: read')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'permissions that are left to the setting of the repository',
    inWorkflow('cleanup.yml', (text) => text.replaceAll(/^ *permissions:.*\n(?: {6}\S.*\n)*/gm, '')),
    { WORKFLOW_PERMISSIONS: 'problem' },
  ],
  [
    'a job that may write everything',
    inWorkflow('cleanup.yml', (text) =>
      text.replace(/ {4}permissions:\n(?: {6}\S.*\n)*/, '    permissions: write-all\n'),
    ),
    { WORKFLOW_PERMISSIONS: 'warning' },
  ],
  [
    'a job that may write more than it has to',
    inWorkflow('drill.yml', (text) =>
      text.replace('id-token: write', 'id-token: write\n      issues: write'),
    ),
    { WORKFLOW_PERMISSIONS: 'warning' },
  ],
  [
    'a checkout of its own, other runners, a default, a time and an @ of someone else',
    inWorkflow('cleanup.yml', (text) =>
      text
        .replace('    steps:\n', '    steps:\n      - uses: actions/checkout@v9\n')
        .replace('      id-token: write', '      contents: read\n      id-token: write')
        .replace('ubuntu-24.04', 'my-runner')
        .replace(/cron: .*/, 'cron: 1 2 * * *')
        .replace(/(configure-aws-credentials)@\w+/, '$1@v7'),
    ),
    {},
  ],
  [
    'a step that was left out',
    inWorkflow('rollback.yml', (text) => text.replace(/ {6}- name: Keep the record\n(?: {8}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no group of runs',
    inWorkflow('rollback.yml', (text) => text.replace(/concurrency:\n(?: {2}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'an input that is missing',
    inWorkflow('undo.yml', (text) => text.replace(/ {6}record:\n(?: {8}.*\n)+/, '')),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'a tag in place of a commit',
    (s) => {
      for (const { file } of s.github.workflowFiles)
        inWorkflow(file, (text) => text.replaceAll(COMMIT, 'v1'))(s);
    },
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'two versions',
    inWorkflow('undo.yml', (text) =>
      text.replaceAll(`s3-rewind/actions/undo@${COMMIT}`, `s3-rewind/actions/undo@${'0'.repeat(40)}`),
    ),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no workflow resume',
    (s) =>
      each(
        s.github.workflowFiles,
        (one) => (one.reading = one.file === 'resume.yml' ? read(null) : one.reading),
      ),
    { WORKFLOW_VERSION: 'warning' },
  ],
  [
    'no workflow at all',
    (s) => each(s.github.workflowFiles, (one) => (one.reading = read(null))),
    { WORKFLOW_VERSION: 'warning', WORKFLOW_PERMISSIONS: 'not-checked' },
  ],
  [
    'files that the token may not see look missing',
    (s) => {
      each(s.github.workflowFiles, (one) => (one.reading = read(null)));
      each(s.github.permissions, (one) => (one.reading = unreadable('GITHUB_DENIED')));
    },
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable', TOKEN_PERMISSIONS: 'unreadable' },
  ],
  [
    'a file that cannot be read',
    (s) => each(s.github.workflowFiles.slice(0, 1), (one) => (one.reading = unreadable('GITHUB_DENIED'))),
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable' },
  ],
  [
    'a file that is no workflow',
    inWorkflow('undo.yml', () => 'on: [\n'),
    { WORKFLOW_VERSION: 'unreadable', WORKFLOW_PERMISSIONS: 'unreadable' },
  ],
  ['never ran', (s) => (s.cleanup.lastRun = read(null)), { SCHEDULE_LAST_RUN: 'warning' }],
  [
    'runs denied',
    (s) => Object.assign(s.cleanup, { lastRun: unreadable() }),
    { SCHEDULE_LAST_RUN: 'unreadable' },
  ],
  [
    'last run failed',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { conclusion: 'failure' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'running now',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { conclusion: null, status: 'in_progress' }),
    {},
  ],
  [
    'last run four days ago',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: '2025-08-28T03:20:00Z' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'four days ago, weekly',
    (s) => {
      s.cleanup.crons = read(['0 3 * * 0']);
      Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: '2025-08-28T03:20:00Z' });
    },
    {},
  ],
  [
    'a time that is none',
    (s) => Object.assign(s.cleanup.lastRun.value ?? {}, { created_at: 'soon' }),
    { SCHEDULE_LAST_RUN: 'problem' },
  ],
  [
    'quiet for 50 days',
    (s) => (s.github.repository.value.pushed_at = '2025-07-10T00:00:00Z'),
    { SCHEDULE_INACTIVITY: 'warning' },
  ],
  [
    'quiet and private',
    (s) => Object.assign(s.github.repository.value, { pushed_at: '2024-07-10T00:00:00Z', private: true }),
    {},
  ],
  [
    'never pushed to',
    (s) => (s.github.repository.value.pushed_at = null),
    { SCHEDULE_INACTIVITY: 'warning' },
  ],
];
