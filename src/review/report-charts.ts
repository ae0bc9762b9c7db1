import type { Activity, RollbackPlan } from '../plan/plan-file.ts';
import { escapeHtml } from '../render/html.ts';
import { formatCount, formatQuantity, formatUtc } from './figures.ts';
import { sum } from './scenario-table.ts';
import { layOutTreeMap } from './tree-map.ts';

/** SVG of the report page, by hand: colours are classes of templates/report.css, so that dark mode and print apply. */

const WIDTH = 960;
const ACTIVITY_HEIGHT = 220;
const AXIS_HEIGHT = 24;
const TREE_MAP_HEIGHT = 320;
/** A narrower rectangle has no room for a label; its title still names it. */
const MIN_LABEL_WIDTH = 70;
const MIN_LABEL_HEIGHT = 30;
const CHARACTER_WIDTH = 7.2;
const MAX_RECTANGLES = 40;
const HUES = 6;

/** Puts and deletes over time, with a line at P. @returns SVG, or null where nothing happened */
export function drawActivity(activity: Activity, pointInTime: string): string | null {
  const { intervals, intervalSeconds } = activity;
  const top = Math.max(0, ...intervals.map(({ puts, deletes }) => puts + deletes));
  if (top === 0) return null;
  const starts = intervals.map(({ start }) => Date.parse(start) / 1000);
  const p = Date.parse(pointInTime) / 1000;
  const first = Math.min(...starts, p);
  const last = Math.max(...starts.map((start) => start + intervalSeconds), p);
  const x = (seconds: number) => ((seconds - first) / (last - first)) * WIDTH;
  const y = (count: number) => (count / top) * (ACTIVITY_HEIGHT - AXIS_HEIGHT);
  const base = ACTIVITY_HEIGHT - AXIS_HEIGHT;
  const width = Math.max(1, x(first + intervalSeconds) - 1);
  const bars = intervals.map(({ start, puts, deletes }, index) => {
    const left = round(x(starts[index] ?? first));
    const title = `${formatUtc(start)} UTC: ${formatQuantity(puts, 'put')}, ${formatQuantity(deletes, 'delete')}`;
    return [
      `<g><title>${escapeHtml(title)}</title>`,
      rectangle('put', left, base - y(puts), width, y(puts)),
      rectangle('delete', left, base - y(puts + deletes), width, y(deletes)),
      '</g>',
    ].join('');
  });
  const label = (seconds: number, text: string, anchor: string) =>
    `<text x="${round(x(seconds))}" y="${ACTIVITY_HEIGHT - 6}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
  const utc = (seconds: number) => formatUtc(`${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`);
  const share = (p - first) / (last - first);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${ACTIVITY_HEIGHT}" role="img" aria-label="Puts and deletes around P">`,
    ...bars,
    `<line class="p" x1="${round(x(p))}" x2="${round(x(p))}" y1="0" y2="${base}"/>`,
    label(p, 'P', 'middle'),
    ...(share > 0.2 ? [label(first, utc(first), 'start')] : []),
    ...(share < 0.8 ? [label(last, utc(last), 'end')] : []),
    '</svg>',
  ].join('\n');
}

/** Changed keys by prefix: areas by keys. Prefixes are untrusted. @returns SVG, or null where no key changes */
export function drawTreeMap(plan: RollbackPlan): string | null {
  const largest = plan.topPrefixes
    .filter(({ keys }) => keys > 0)
    .toSorted((a, b) => b.keys - a.keys)
    .slice(0, MAX_RECTANGLES);
  const planned = sum(plan.manifests, ({ keys }) => keys);
  const rest = planned - sum(largest, ({ keys }) => keys);
  const shown = [
    ...largest.map(({ prefix, keys }) => ({
      name: prefix === '' ? '(no prefix)' : prefix,
      keys,
      isRest: false,
    })),
    ...(rest > 0 ? [{ name: '(others)', keys: rest, isRest: true }] : []),
  ].toSorted((a, b) => b.keys - a.keys);
  if (shown.length === 0) return null;
  const folders = [...new Set(shown.map(({ name }) => name.split('/')[0]))];
  const rectangles = layOutTreeMap(
    shown.map(({ keys }) => keys),
    { x: 0, y: 0, width: WIDTH, height: TREE_MAP_HEIGHT },
  );
  const cells = shown.map(({ name, keys, isRest }, index) => {
    const { x, y, width, height } = rectangles[index] ?? { x: 0, y: 0, width: 0, height: 0 };
    const hue = isRest ? 'rest' : `hue${folders.indexOf(name.split('/')[0]) % HUES}`;
    const hasLabel = width >= MIN_LABEL_WIDTH && height >= MIN_LABEL_HEIGHT;
    const most = Math.floor((width - 12) / CHARACTER_WIDTH);
    return [
      `<g><title>${escapeHtml(name)}: ${formatQuantity(keys, 'key')}</title>`,
      rectangle(`cell ${hue}`, x, y, width, height),
      ...(hasLabel
        ? [
            `<text x="${round(x + 6)}" y="${round(y + 16)}">${escapeHtml(shorten(name, most))}</text>`,
            `<text class="figure" x="${round(x + 6)}" y="${round(y + 30)}">${formatCount(keys)}</text>`,
          ]
        : []),
      '</g>',
    ].join('');
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${TREE_MAP_HEIGHT}" role="img" aria-label="Keys that change, by prefix">`,
    ...cells,
    '</svg>',
  ].join('\n');
}

function rectangle(name: string, x: number, y: number, width: number, height: number): string {
  return `<rect class="${name}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
}

function shorten(text: string, most: number): string {
  const points = [...text];
  return points.length <= most ? text : `${points.slice(0, Math.max(1, most - 1)).join('')}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
