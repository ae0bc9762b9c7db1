import { createHash } from 'node:crypto';
import type { RollbackPlan, SampleEntry } from '../plan/plan-file.ts';
import { renderTemplate, type TemplateHelper, type TemplateSource } from '../render/handlebars.ts';
import { escapeHtml } from '../render/html.ts';
import { formatDuration } from '../s3/duration.ts';
import { formatBytes, formatCount, formatUtc, plainUsd } from './figures.ts';
import { buildLeftAloneRows } from './left-alone.ts';
import { drawActivity, drawTreeMap } from './report-charts.ts';
import { buildScenarioTable } from './scenario-table.ts';

/** The page, its style and its script: templates/report.html.hbs, report.css and report.js. */
export type ReportTemplates = { page: TemplateSource; style: TemplateSource; script: TemplateSource };

/**
 * Renders report.html: one file that asks no server for anything, and whose policy (CSP) forbids it to. Only style and
 * script of our own run, named by their hashes. A function of plan.json alone; like comment.md it is not part of the
 * digest.
 */
export function renderReport(plan: RollbackPlan, templates: ReportTemplates): string {
  const { style, script } = templates;
  return renderTemplate(
    templates.page,
    {
      policy: [
        "default-src 'none'",
        `style-src '${hashOf(style.text)}'`,
        `script-src '${hashOf(script.text)}'`,
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; '),
      style: style.text,
      script: script.text,
      plan,
      overwrites: plan.inputs.overwrite === true,
      isUndo: plan.origin === 'undo',
      scope: plan.inputs.prefixes.length === 0 ? 'whole bucket' : plan.inputs.prefixes.join(', '),
      table: buildScenarioTable(plan),
      leftAlone: buildLeftAloneRows(plan),
      activity: drawActivity(plan.activity, plan.inputs.timestamp),
      treeMap: drawTreeMap(plan),
      samples: plan.samples.map((sample) => ({
        key: sample.key,
        what: sample.scenario ?? sample.class,
        now: describeEntry(sample.current),
        afterwards: sample.scenario === null ? 'left as it is' : describeEntry(sample.wanted),
      })),
    },
    { helpers: REPORT_FORMATTERS },
  );
}

const REPORT_FORMATTERS: Record<string, TemplateHelper> = {
  text: (value) => escapeHtml(textOf(value)),
  count: (value) => formatCount(numberOf(value)),
  bytes: (value) => formatBytes(numberOf(value)),
  usd: (value) => escapeHtml(plainUsd(numberOf(value))),
  // Hints are written for the comment, where a name in backticks is code.
  hint: (value) => escapeHtml(textOf(value).replaceAll('`', '')),
  duration: (value) => escapeHtml(formatDuration(numberOf(value))),
  utc: (value) => formatUtc(textOf(value)),
};

function describeEntry(entry: SampleEntry): string {
  if (entry === null) return 'absent';
  const time = `${formatUtc(entry.lastModified)} UTC`;
  if (entry.deleteMarker) return `delete marker, ${time}`;
  const size = entry.bytes === null ? 'size unknown' : formatBytes(entry.bytes);
  return `${size}, ${entry.storageClass ?? 'STANDARD'}, ${time}`;
}

/** As a Content Security Policy names an inline block: the hash of the text between its tags. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`expected a string, got ${typeof value}`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`expected a number, got ${typeof value}`);
}
