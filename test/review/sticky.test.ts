import { beforeAll, describe, expect, test } from 'vitest';
import { fitBody } from '../../src/github/comment-length.ts';
import { readTemplate, type TemplateSource } from '../../src/render/handlebars.ts';
import { parseMarker } from '../../src/review/marker.ts';
import type { Stage, StageJob } from '../../src/review/stage.ts';
import { renderStage } from '../../src/review/stage-section.ts';
import { isOutdatedRollback, isSameRollback, renderSticky } from '../../src/review/sticky.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { readStructure } from './markdown-structure.ts';
import { buildSamplePlan } from './sample-plan.ts';

let comment: TemplateSource;
let stageTemplate: TemplateSource;
beforeAll(async () => {
  comment = await readTemplate(new URL('../../templates/comment.md.hbs', import.meta.url));
  stageTemplate = await readTemplate(new URL('../../templates/stage.md.hbs', import.meta.url));
});

const RECORD = { bucket: 'acme-records', prefix: 'rb-1/', region: 'eu-central-1' };
const RUN = { id: 777, url: 'https://github.com/acme/data/actions/runs/777' };
const jobs = (share: number, left = 0): StageJob[] => [
  {
    scenario: '1',
    jobId: '01234567-89ab-cdef-0123-456789abcdef',
    total: 1208,
    done: Math.floor(1208 * share),
    left: 0,
  },
  {
    scenario: '2',
    jobId: '11234567-89ab-cdef-0123-456789abcdef',
    total: 318_204,
    done: Math.floor(318_204 * share) - left,
    left,
  },
  { scenario: '3b', jobId: null, total: 93_482, done: Math.floor(93_482 * share), left: 0 },
];
const BOB = { login: 'bob', remark: 'looks right' };
const GO_ON = 'gh workflow run resume.yml -f bucket=my-bucket -f record=s3://my-records/rb-1/';
const UNDO = 'npm run --silent s3-rewind -- undo --record s3://acme-records/rb-1/ --out undo';

/** Name of the golden file, and the stage. */
// biome-ignore format: one line a stage
const STAGES: [string, Stage][] = [
  ['planned', { stage: 'planned', run: RUN }],
  ['suspended', { stage: 'suspended', run: RUN, jobs: jobs(0), environment: 'rollback' }],
  ['waiting', { stage: 'waiting', run: RUN, jobs: jobs(0), environment: 'rollback', reviewers: ['bob', 'acme/storage'] }],
  ['waiting-unread', { stage: 'waiting', run: RUN, jobs: [], environment: 'rollback', reviewers: null }],
  ['resuming', { stage: 'resuming', run: RUN, jobs: jobs(0.9, 12), environment: 'rollback', reviewers: ['bob'] }],
  ['resuming-unread', { stage: 'resuming', run: RUN, jobs: [], environment: 'rollback', reviewers: null }],
  ['refused', { stage: 'refused', run: RUN, code: 'APPROVAL_BY_STARTER', message: 'bob started run 777 and approved it too.', hint: 'have someone else approve it' }],
  ['running', { stage: 'running', run: RUN, jobs: jobs(0.43), approver: BOB, goOn: GO_ON }],
  ['restoring', { stage: 'restoring', run: RUN, jobs: jobs(0.9), approver: BOB, waiting: 1_234, expired: 2, nextLookAt: '2025-08-30T07:00:00Z' }],
  ['stopped', { stage: 'stopped', run: RUN, approver: BOB, code: 'JOB_FAILED', message: 'The job of scenario 3b ended: Failed; TaskFailureRate: 51 % of the tasks failed.', hint: 'put right what it names; then run start-jobs again', goOn: GO_ON }],
  ['done', { stage: 'done', run: RUN, jobs: jobs(1), approver: BOB, verified: { compared: 412_894, agrees: 412_894 }, undo: UNDO, goOn: GO_ON }],
  ['done-rows-left', { stage: 'done', run: RUN, jobs: jobs(1, 12), approver: BOB, verified: { compared: 412_894, agrees: 412_000 }, undo: UNDO, goOn: GO_ON }],
  ['extended', { stage: 'extended', run: RUN, approver: BOB, outcomes: [{ outcome: 'done', versions: 1_234 }, { outcome: 'already', versions: 1 }], left: 0 }],
  ['extended-left', { stage: 'extended', run: RUN, approver: null, outcomes: [{ outcome: 'done', versions: 1 }, { outcome: 'denied', versions: 12 }], left: 12 }],
  ['no-approval', { stage: 'running', run: RUN, jobs: jobs(0), approver: null }],
];

describe('golden files', () => {
  test.each(STAGES)('%s', async (name, stage) => {
    const text = renderStage(stage, RECORD, stageTemplate);
    await expect(`${text}\n`).toMatchFileSnapshot(`../golden/stage-${name}.md`);
  });

  test('the whole comment while it waits', async () => {
    const [, , [, waiting]] = STAGES as [unknown, unknown, [string, Stage]];
    const text = renderSticky(buildSamplePlan(), waiting, { comment, stage: stageTemplate, record: RECORD });
    await expect(text).toMatchFileSnapshot('../golden/sticky-waiting.md');
  });
});

test.each(STAGES)('%s is found again, and keeps the digest', (_, stage) => {
  const plan = buildSamplePlan();
  const text = renderSticky(plan, stage, { comment, stage: stageTemplate, record: RECORD });
  expect(parseMarker(text)).toEqual({
    v: 1,
    rollbackId: plan.rollbackId,
    digest: plan.digest,
    run: 777,
    stage: stage.stage,
  });
  expect(text.trimEnd().endsWith(`Plan digest \`${plan.digest}\``)).toBe(true);
  expect(isSameRollback(text, plan.rollbackId)).toBe(true);
  expect(isOutdatedRollback(text, 'rb-other')).toBe(true);
  expect(isOutdatedRollback('LGTM', 'rb-other')).toBe(false);
  expect(text).not.toContain('start-jobs --record FOLDER');
});

test('a text that had to be cut is still found again', () => {
  const plan = buildSamplePlan({
    checks: Array.from({ length: 50 }, (_, i) => ({
      code: `C${i}`,
      level: 'info' as const,
      message: 'm '.repeat(300),
      hint: 'h '.repeat(300),
    })),
  });
  const text = renderSticky(
    plan,
    { stage: 'planned', run: RUN },
    { comment, stage: stageTemplate, record: null },
  );
  const cut = fitBody(`${text}${'\n\nmore'.repeat(20_000)}`, 'See the summary.');
  expect(parseMarker(cut)).toMatchObject({ digest: plan.digest });
});

describe.each(HOSTILE_TEXTS)('%j', (text) => {
  test('does nothing as a name, a remark or a reason', () => {
    const stages: Stage[] = [
      { stage: 'waiting', run: RUN, jobs: [], environment: text, reviewers: [text, text] },
      { stage: 'suspended', run: RUN, jobs: [], environment: text },
      { stage: 'refused', run: RUN, code: text, message: text, hint: text },
      {
        stage: 'stopped',
        run: RUN,
        approver: { login: text, remark: text },
        code: text,
        message: text,
        hint: text,
        goOn: text,
      },
      { stage: 'resuming', run: RUN, jobs: [], environment: text, reviewers: [text] },
      { stage: 'running', run: RUN, jobs: [], approver: null, goOn: text },
      { stage: 'extended', run: RUN, approver: { login: text, remark: text }, outcomes: [], left: 1 },
      {
        stage: 'done',
        run: { id: 1, url: text },
        jobs: [{ scenario: '1', jobId: text, total: 1, done: 1, left: 0 }],
        approver: { login: text, remark: text },
        verified: null,
        undo: text,
      },
    ];
    for (const stage of stages) {
      const rendered = renderStage(stage, { bucket: text, prefix: text, region: text }, stageTemplate);
      const { headings, bareLines, tables, codeBlocks } = readStructure(`marker\n${rendered}`);
      expect(headings).toHaveLength(1);
      expect(codeBlocks).toBe(0);
      expect(tables.every((rows) => new Set(rows).size === 1)).toBe(true);
      for (const line of bareLines)
        expect(line).not.toMatch(/@|#\d|:\/\/|www\.|<|!\[|\]\(|GH-\d|\$(?!\d)|~/i);
    }
  });
});

test.each([
  ['<!-- s3-rewind {"v":1} -->'],
  ['<!-- s3-rewind {"v":2,"rollbackId":"a","digest":"b"} -->'],
  ['<!-- s3-rewind not json -->'],
  ['hello'],
  [''],
])('no marker: %j', (body) => {
  expect(parseMarker(body)).toBeNull();
});
