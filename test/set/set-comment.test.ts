import { expect, test } from 'vitest';
import { ofBucket, progressOfSet, waitingJobs } from '../../src/actions/job-counts.ts';
import { readTemplate } from '../../src/render/handlebars.ts';
import { MAX_COMMENT_CHARACTERS } from '../../src/review/comment.ts';
import { arrangeSet } from '../../src/set/arrange.ts';
import { renderSetComment } from '../../src/set/set-comment.ts';
import { MAX_MEMBERS } from '../../src/set/set-file.ts';
import { renderSetSticky } from '../../src/set/set-sticky.ts';
import { buildSet } from '../../src/set/write-set.ts';
import { buildSamplePlan, INCIDENT_CHECKS } from '../review/sample-plan.ts';

const template = await readTemplate(new URL('../../templates/set.md.hbs', import.meta.url));
const now = new Date('2025-08-22T12:30:00Z');

const rules = (destination: string) => ({
  readable: true as const,
  value: [{ destination, account: '444455556666', prefix: '', byTags: false, deleteMarkers: false }],
});

test('three buckets, one of them a replica', async () => {
  const source = buildSamplePlan({
    bucket: 'shop-images',
    scenarios: { '1': 1208, '2': 318_204, '3b': 93_482 },
  });
  const other = buildSamplePlan({ bucket: 'shop-tables', scenarios: {}, prefixes: ['data/2025/'] });
  const replica = buildSamplePlan({ bucket: 'shop-images-dr', scenarios: { '1': 1208, '2': 318_204 } });
  const pair = { source: 'shop-images', destination: 'shop-images-dr', rules: rules('shop-images-dr') };
  const { pairs, checks } = arrangeSet(['shop-images', 'shop-tables', 'shop-images-dr'], [pair], []);
  const planned = [
    { plan: source, region: null },
    { plan: other, region: null },
    {
      plan: { ...replica, inputs: { ...replica.inputs, scenarios: ['1' as const, '2' as const] } },
      region: 'eu-west-1',
    },
  ];
  const set = buildSet(planned, { origin: 'rollback', pairs, checks, now });
  const comment = renderSetComment(
    set,
    planned.map(({ plan }) => plan),
    { template },
  );
  await expect(comment).toMatchFileSnapshot('../golden/comment-set.md');
});

test('the comment of a set whose jobs wait for an approval', async () => {
  const plans = ['shop-images', 'shop-tables'].map((bucket) =>
    buildSamplePlan({ bucket, scenarios: { '1': 1208, '2': 318_204 } }),
  );
  const planned = plans.map((plan) => ({ plan, region: null }));
  const set = buildSet(planned, { origin: 'rollback', pairs: [], checks: [], now });
  const ids = ['1', '2', '3', '4'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`);
  const members = plans.map((plan, index) => ({
    plan,
    jobs: (['1', '2'] as const).map((scenario, place) => ({ scenario, id: ids[2 * index + place] ?? '' })),
  }));
  const stage = {
    stage: 'waiting' as const,
    run: { id: 777, url: 'https://github.com/acme/data/actions/runs/777' },
    jobs: members.flatMap(({ plan, jobs }) => ofBucket(plan.inputs.bucket, waitingJobs(plan, jobs))),
    environment: 's3-rewind',
    reviewers: ['bob', 'data-owners'],
  };
  const view = {
    set: template,
    stage: await readTemplate(new URL('../../templates/stage.md.hbs', import.meta.url)),
    record: { bucket: 'my-records', prefix: `${set.setId}/`, region: 'eu-west-1', isSet: true },
  };
  await expect(renderSetSticky(set, plans, stage, view)).toMatchFileSnapshot(
    '../golden/sticky-set-waiting.md',
  );
  // Its members are run one after the other.
  const half = progressOfSet(members, 50).map(({ bucket, scenario, done }) => [bucket, scenario, done]);
  expect(half).toEqual([
    ['shop-images', '1', 1208],
    ['shop-images', '2', 326_159],
    ['shop-tables', '1', 0],
    ['shop-tables', '2', 0],
  ]);
});

test('a blocked member blocks the set, and the longest set fits a comment', () => {
  const check = {
    code: 'X',
    level: 'warning' as const,
    message: 'a|b '.repeat(100),
    hint: '<!-- '.repeat(80),
  };
  const checks = [{ ...check, level: 'blocking' as const }, ...Array.from({ length: 30 }, () => check)];
  const planned = Array.from({ length: MAX_MEMBERS }, (_, index) => ({
    plan: buildSamplePlan({
      bucket: `b${'0123456789'.repeat(6)}${String(index).padStart(2, '0')}`,
      checks: [...checks, ...INCIDENT_CHECKS],
    }),
    region: 'ap-southeast-1',
  }));
  const set = buildSet(planned, { origin: 'rollback', pairs: [], checks: [], now });
  const comment = renderSetComment(
    set,
    planned.map(({ plan }) => plan),
    { template },
  );
  expect(comment.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
  expect(comment).toContain('do not start');
  for (const { bucket } of set.members) expect(comment).toContain(bucket);
  // No text of a plan ends the table or begins a comment of its own.
  expect(comment.split('<!--')).toHaveLength(2);
});
