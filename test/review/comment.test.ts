import { beforeAll, describe, expect, test } from 'vitest';
import type { Check, RollbackPlan } from '../../src/plan/plan-file.ts';
import { planSchema } from '../../src/plan/plan-file.ts';
import { readTemplate, type TemplateSource } from '../../src/render/handlebars.ts';
import { MAX_COMMENT_CHARACTERS, renderComment } from '../../src/review/comment.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { buildSamplePlan, INCIDENT_CHECKS } from './sample-plan.ts';

let template: TemplateSource;
beforeAll(async () => {
  template = await readTemplate(new URL('../../templates/comment.md.hbs', import.meta.url));
});

const BLOCKING: Check[] = [
  {
    code: 'VERSIONING_NOT_ENABLED',
    level: 'blocking',
    message: "Versioning of 'acme-catalogue-prod' is Suspended; a rollback needs it Enabled.",
    hint: 'aws s3api put-bucket-versioning --bucket acme-catalogue-prod --versioning-configuration Status=Enabled',
  },
  {
    code: 'MFA_DELETE',
    level: 'blocking',
    message: 'MFA delete is on, so delete markers cannot be removed by a job.',
    hint: 'Plan again with --markers copy, which copies the entry at P on top instead.',
  },
];

const TWENTY_CHECKS: Check[] = Array.from({ length: 20 }, (_, i) => ({
  code: `CHECK_${i + 1}`,
  level: i % 3 === 0 ? 'warning' : 'info',
  message: `Check number ${i + 1} found something that is worth a line, and says it in one.`,
  hint: 'Nothing now.',
}));

const deep = (i: number) => `${'a-very-long-folder-name/'.repeat(42)}file-${i}.bin`.slice(-1024);

/** Name of the golden file, and the plan. Add a line to add a case; `vitest run -u` writes the files. */
const CASES: [string, () => RollbackPlan][] = [
  ['incident', () => buildSamplePlan()],
  [
    'copy-with',
    () => {
      const plan = buildSamplePlan();
      const file = plan.manifests.find(({ scenario }) => scenario === '3b');
      if (file === undefined) throw new Error('the sample has no 3b');
      const { operation: _operation, keys: _keys, ...whole } = file;
      return {
        ...plan,
        inputs: { ...plan.inputs, copyWith: 's3-batch-copy' },
        copyManifests: [
          {
            ...whole,
            rows: 90_000,
            scenario: '3b',
            storageClass: 'STANDARD',
            path: 'manifests/scenario3b_STANDARD.csv',
          },
          {
            ...whole,
            rows: 3_482,
            scenario: '3b',
            storageClass: 'STANDARD_IA',
            path: 'manifests/scenario3b_STANDARD_IA.csv',
          },
        ],
      };
    },
  ],
  [
    'who-did-it',
    () => ({
      ...buildSamplePlan(),
      requesters: {
        top: [
          {
            requester: '123456789012',
            puts: 12_000,
            deleteMarkers: 3_400_000,
            permanentDeletions: 0,
            keys: 3_400_000,
          },
          {
            requester: 's3.amazonaws.com',
            puts: 0,
            deleteMarkers: 0,
            permanentDeletions: 17,
            keys: 17,
          },
          { requester: '', puts: 1, deleteMarkers: 0, permanentDeletions: 0, keys: 1 },
        ],
        total: 3,
      },
    }),
  ],
  ['blocked', () => buildSamplePlan({ checks: [...INCIDENT_CHECKS, ...BLOCKING] })],
  [
    'nothing-to-do',
    () =>
      buildSamplePlan({
        scenarios: {},
        samples: [],
        topPrefixes: [],
        checks: [],
        leftAlone: { unchanged: 1200 },
        activity: { intervalSeconds: 900, intervals: [] },
      }),
  ],
  [
    'archived-only',
    () => buildSamplePlan({ scenarios: { '3a': 1 }, leftAlone: {}, topPrefixes: [{ prefix: '', keys: 1 }] }),
  ],
  [
    'one-scenario',
    () =>
      buildSamplePlan({
        scenarios: { '2': 1 },
        leftAlone: { unchanged: 9 },
        topPrefixes: [{ prefix: 'images/', keys: 1 }],
        prefixes: ['images/'],
        checks: [],
      }),
  ],
  [
    'all-scenarios',
    () =>
      buildSamplePlan({
        scenarios: {
          '1': 1,
          '2': 22,
          '3a': 333,
          '3b': 4444,
          '3c': 55_555,
          '4': 666_666,
          '5a': 7_777_777,
          '5b': 1_088_888_888,
        },
        checks: TWENTY_CHECKS,
      }),
  ],
  [
    'delete-marker-removal',
    () =>
      buildSamplePlan({
        mode: 'delete-marker-removal',
        scenarios: { '4': 318_204 },
        leftAlone: { unchanged: 40_000 },
      }),
  ],
  [
    'copy-to-bucket',
    () =>
      buildSamplePlan({
        mode: 'copy-to-bucket',
        scenarios: { '5a': 412, '5b': 48_000_000 },
        leftAlone: { absent: 16_415, uncopyable: 5, 'uncertain-expired': 77 },
      }),
  ],
  [
    'copy-to-bucket-overwrite',
    () =>
      buildSamplePlan({
        mode: 'copy-to-bucket',
        overwrite: true,
        scenarios: { '5b': 48_000_000 },
        leftAlone: { absent: 16_415 },
      }),
  ],
  ['undo', () => buildSamplePlan({ origin: 'undo', scenarios: { '1': 318_204, '2': 1208 } })],
  ['hostile', () => buildHostilePlan()],
  [
    'long-keys',
    () =>
      buildSamplePlan({
        prefixes: Array.from({ length: 300 }, (_, i) => `tenant-${i}/`),
        topPrefixes: Array.from({ length: 300 }, (_, i) => ({ prefix: deep(i), keys: 300 - i })),
        sampleKeys: Array.from({ length: 12 }, (_, i) => deep(i)),
      }),
  ],
];

describe('golden files', () => {
  test.each(CASES)('%s', async (name, build) => {
    const plan = planSchema.parse(build());
    await expect(renderComment(plan, { template })).toMatchFileSnapshot(`../golden/comment-${name}.md`);
  });
});

describe('what is clear within ten seconds', () => {
  test('a plan that can start', () => {
    const top = renderComment(buildSamplePlan(), { template }).split('### What will change')[0] ?? '';
    expect(top).toContain('Roll back `acme-catalogue-prod` to 2025-08-22 11:01:00 UTC');
    expect(top).toContain('2 h 21 min before the newest entry in scope');
    expect(top).toContain('**412,906** of 48,211,730 keys in scope');
    expect(top).toContain('start-jobs --record FOLDER --yes');
    expect(top).not.toContain('do not start');
  });

  test('a blocking check takes the place of the next step, and comes first', () => {
    const text = renderComment(buildSamplePlan({ checks: BLOCKING }), {
      template,
      nextStep: 'approve the deployment',
    });
    expect(text).toContain('> **Next step:** do not start: 2 checks block this plan.');
    expect(text).not.toContain('approve the deployment');
    expect(text.indexOf('do not start')).toBeLessThan(text.indexOf('| Bucket |'));
  });

  test("the caller's next step, on several lines, stays in its quote", () => {
    const text = renderComment(buildSamplePlan(), {
      template,
      nextStep: 'approve:\n```sh\ngh run view\n```',
    });
    expect(text).toContain('> **Next step:** approve:\n> ```sh\n> gh run view\n> ```\n');
  });

  test('classes that do not add up say so', () => {
    const plan = buildSamplePlan();
    plan.inventory.keysInScope += 1;
    expect(renderComment(plan, { template })).toContain('do not start: one check blocks this plan');
  });
});

test('an undo gives no size of what it hides, since its record does not know it', () => {
  const plan = buildSamplePlan({
    origin: 'undo',
    samples: [],
    scenarios: { '1': 318_204, '2': 1208, '3b': 12 },
  });
  const row = (scenario: string) =>
    renderComment(plan, { template })
      .split('\n')
      .find((line) => line.startsWith(`| **${scenario}** |`))
      ?.split('|')[4]
      ?.trim();
  expect([row('1'), row('2')]).toEqual(['–', '–']);
  expect(row('3b')).toMatch(/^\d/);
  const text = renderComment(plan, { template });
  expect(text).toContain('The run left it as it was');
  expect(text).toContain('If they describe the undo that you want');
  expect(text).not.toMatch(/samples/i);
});

test('the first line finds the comment again', () => {
  const plan = buildSamplePlan();
  plan.rollbackId = 'x --> <!-- y--\u202e';
  const [line = ''] = renderComment(plan, { template }).split('\n');
  const [, json = ''] = /^<!-- s3-rewind (\{[^<>]*\}) -->$/.exec(line) ?? [];
  expect(json).not.toContain('--');
  expect(JSON.parse(json)).toEqual({ v: 1, rollbackId: plan.rollbackId, digest: plan.digest });
});

test('manifest links go where the caller says', () => {
  const text = renderComment(buildSamplePlan(), {
    template,
    manifestLink: (path) => `https://github.com/o/r/blob/main/rollbacks/1 (2)/${path}`,
  });
  expect(text).toContain(
    '[scenario2.csv](https://github.com/o/r/blob/main/rollbacks/1%20%282%29/manifests/scenario2.csv)',
  );
});

test('too long a text loses samples first, then prefixes, and says so', () => {
  const long = (length: number): Check[] =>
    Array.from({ length }, (_, i) => ({
      code: `C${i}`,
      level: 'warning',
      message: '*'.repeat(600),
      hint: '_'.repeat(600),
    }));
  const render = (checks: Check[]) =>
    renderComment(buildSamplePlan({ checks, sampleKeys: Array.from({ length: 10 }, (_, i) => deep(i)) }), {
      template,
    });

  expect(render(long(24))).not.toContain('Left out, to stay');
  const withoutSamples = render(long(31));
  expect(withoutSamples).toContain('Left out, to stay within the length of a comment:** 52 samples');
  expect(withoutSamples).toContain('### Prefixes with most changes');
  expect(withoutSamples).not.toContain('### Samples');
  const least = render(long(1000));
  expect(least).toMatch(/samples .*; 10 prefixes with changes .*; 980 checks \(`checks` in plan.json\)/);
  for (const text of [withoutSamples, least]) expect(text.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
});

test('every value of the template passes a formatter, or is known to be finished Markdown', () => {
  const finished = new Set([
    'marker',
    'title',
    'nextStep.alert',
    'this',
    'changes',
    'left',
    'cannot',
    'activity.mermaid',
    'now',
    'afterwards',
    'heading',
    // Words of closed lists of our own.
    'class',
    'scenario',
    'level',
    'inventory.format',
    'inventory.order',
    'inputs.mode',
    'inputs.markers',
    'inputs.storageClass',
  ]);
  const bare = [...template.text.matchAll(/\{\{([\w.@]+)\}\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'else');
  expect(bare.filter((name) => !finished.has(name))).toEqual([]);
});

function buildHostilePlan(): RollbackPlan {
  const checks = HOSTILE_TEXTS.map(
    (text, i): Check => ({
      code: i === 0 ? text : `C_${i}`,
      level: i === 1 ? 'blocking' : 'info',
      message: text,
      hint: text,
    }),
  );
  return buildSamplePlan({
    sampleKeys: HOSTILE_TEXTS,
    prefixes: HOSTILE_TEXTS.slice(0, 8),
    topPrefixes: HOSTILE_TEXTS.map((prefix, i) => ({ prefix, keys: 100 - i })),
    checks,
    bucket: 'b`|@octocat\n<!-- --> https://example.com',
  });
}
