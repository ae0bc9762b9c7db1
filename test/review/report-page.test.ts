import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { escapeHtml } from '../../src/render/html.ts';
import { drawTreeMap } from '../../src/review/report-charts.ts';
import { type ReportTemplates, renderReport } from '../../src/review/report-page.ts';
import { readReportTemplates } from '../../src/review/review-files.ts';
import { layOutTreeMap } from '../../src/review/tree-map.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { buildSamplePlan } from './sample-plan.ts';

let templates: ReportTemplates;
beforeAll(async () => {
  templates = await readReportTemplates();
});

function buildHostilePlan(texts: string[] = HOSTILE_TEXTS): RollbackPlan {
  const [first = ''] = texts;
  const plan = buildSamplePlan({
    bucket: first,
    prefixes: texts,
    sampleKeys: texts,
    topPrefixes: texts.map((prefix, i) => ({ prefix, keys: i + 1 })),
    checks: texts.map((text) => ({ code: text, level: 'warning', message: text, hint: text })),
  });
  for (const sample of plan.samples) if (sample.current !== null) sample.current.storageClass = first;
  return { ...plan, rollbackId: first };
}

/** Names of the elements and of the attributes of a page, in order. */
function skeletonOf(page: string): string[] {
  const [, body = ''] = page.split('</style>');
  return [...body.matchAll(/<(\/?[a-z0-9]+)((?:\s[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name = '', attributes = '']) =>
      `${name} ${[...attributes.matchAll(/([a-z-]+)=/gi)].map(([, attribute]) => attribute).join(' ')}`,
  );
}

test('golden', async () => {
  await expect(renderReport(buildSamplePlan(), templates)).toMatchFileSnapshot(
    '../golden/report-incident.html',
  );
});

describe('asks nobody for anything', () => {
  test('its policy allows only its own style and script, by hash', () => {
    const page = renderReport(buildSamplePlan(), templates);
    const hash = (tag: string) => {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? '';
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    };
    expect(page).toContain(
      `content="default-src 'none'; style-src ${hash('style')}; script-src ${hash('script')}; base-uri 'none'; form-action 'none'"`,
    );
  });

  test('no address, no inline handler, no inline style', () => {
    const page = renderReport(buildSamplePlan(), templates);
    expect(page).not.toMatch(
      /https?:|\/\/[a-z]|url\(|@import|<link|<img|<iframe|\son[a-z]+=|\sstyle=|href=|src=/i,
    );
  });
});

describe('texts of a bucket', () => {
  test('do nothing: the page has the elements that it has with harmless texts', () => {
    const calm = HOSTILE_TEXTS.map((_, i) => `k${i}`);
    const elements = (plan: RollbackPlan) =>
      skeletonOf(renderReport({ ...plan, topPrefixes: [] }, templates));
    expect(elements(buildHostilePlan())).toEqual(elements(buildHostilePlan(calm)));
  });

  test('cannot end what they stand in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)|\p{Cc}|\p{Cf}/u);
      }),
    );
  });

  test('leave the tree map well-formed', () => {
    const svg = drawTreeMap(buildHostilePlan()) ?? '';
    expect(XMLValidator.validate(svg)).toBe(true);
    const { svg: root } = new XMLParser().parse(svg) as { svg: { g: unknown[] } };
    expect(root.g.length).toBeGreaterThan(20);
  });
});

test('the page of an undo is headed as one', () => {
  const page = renderReport(buildSamplePlan({ origin: 'undo' }), templates);
  expect(page).toContain(
    '<h1>Undo the run of 2025-08-22 11:01:00 UTC in <code>acme-catalogue-prod</code></h1>',
  );
  expect(page).not.toContain('made current again');
});

test('a plan with nothing to do has a page too', () => {
  const empty = buildSamplePlan({
    scenarios: {},
    samples: [],
    topPrefixes: [],
    checks: [],
    leftAlone: {},
    activity: { intervalSeconds: 900, intervals: [] },
  });
  const page = renderReport(empty, templates);
  expect(page).not.toMatch(/<svg|NaN|undefined|Infinity/);
  expect(page).toContain('<p>Nothing.</p>');
});

test('a tree map fills its area, each value with its share, and nothing overlaps', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 41 }),
      (given) => {
        const values = given.toSorted((a, b) => b - a);
        const total = values.reduce((sum, value) => sum + value, 0);
        const cells = layOutTreeMap(values, { x: 0, y: 0, width: 960, height: 320 });
        expect(cells).toHaveLength(values.length);
        for (const [i, cell] of cells.entries()) {
          expect(cell.width * cell.height).toBeCloseTo((960 * 320 * (values[i] ?? 0)) / total, 3);
          expect(cell.x).toBeGreaterThanOrEqual(-0.001);
          expect(cell.x + cell.width).toBeLessThanOrEqual(960.001);
          expect(cell.y + cell.height).toBeLessThanOrEqual(320.001);
          for (const other of cells.slice(i + 1)) {
            const overlap =
              Math.min(cell.x + cell.width, other.x + other.width) - Math.max(cell.x, other.x) > 0.001 &&
              Math.min(cell.y + cell.height, other.y + other.height) - Math.max(cell.y, other.y) > 0.001;
            expect(overlap).toBe(false);
          }
        }
      },
    ),
  );
});
