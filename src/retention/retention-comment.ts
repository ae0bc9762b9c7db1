import { renderTemplate, type TemplateSource } from '../render/handlebars.ts';
import { tidyBlankLines } from '../review/comment.ts';
import { formatUtc } from '../review/figures.ts';
import { COMMENT_FORMATTERS, formatVersionId } from '../review/formatters.ts';
import type { RetentionMode } from '../s3/retention.ts';
import type { RetentionClassCount, RetentionPlan } from './retention-plan-file.ts';
import type { RetentionClass } from './rule.ts';

/** The most of each list that is shown: a comment on GitHub has 65,536 characters at most. */
const MAX_RULES = 20;
const MAX_PREFIXES = 3;
const MAX_CLASSES = 60;
const MAX_SAMPLES = 40;
const MAX_TRADES = 5;

const CLASS_TEXTS: Record<RetentionClass, [what: string, fate: string]> = {
  'delete-marker': ['Delete marker', 'left alone: it cannot be locked'],
  noncurrent: ['Noncurrent version', 'left alone: its lock runs out'],
  'legal-hold-only': ['Legal hold, no retention', 'left alone, as asked'],
  'no-lock': ['No retention', '**locked**'],
  'long-enough': ['Locked for long enough', 'left alone'],
  'too-short': ['Locked for too short', '**extended**'],
};

const START = 'if this is what you want, run `start-jobs --record FOLDER --yes`.';

/** Where the text is shown other than in the plan folder. */
type Shown = {
  /** Markdown of our own that goes on after "Next step:" of a plan that needs a review. */
  nextStep?: string;
  /** Where a file of the plan can be read; by default its path relative to the text. */
  manifestLink?: (path: string) => string;
};

/**
 * Renders the review text of an extension, `comment.md`: GitHub Markdown, a function of retention.json alone.
 * @param template templates/retention.md.hbs
 */
export function renderRetentionComment(
  plan: RetentionPlan,
  template: TemplateSource,
  shown: Shown = {},
): string {
  return tidyBlankLines(renderTemplate(template, commentView(plan, shown), { helpers: COMMENT_FORMATTERS }));
}

function commentView(
  plan: RetentionPlan,
  { nextStep = START, manifestLink = (path) => path }: Shown,
): object {
  const { settings, review, estimate } = plan;
  const { budgetTasks, budgetUsd } = settings;
  return {
    bucket: settings.bucket,
    reviewRequired: review.required,
    nextStep,
    reasons: review.reasons,
    reportOnly: plan.reportOnly,
    onBatch: plan.template !== undefined,
    previousDigest: review.previousDigest ?? '',
    tasks: estimate.run.tasks,
    versions: plan.inventory.currentVersionsInScope,
    now: plan.now,
    interval: settings.scheduleIntervalDays,
    batchUsd: estimate.run.batchUsd,
    directUsd: estimate.run.directUsd,
    monthlyUsd: estimate.monthlyUsd,
    hasBudget: budgetTasks !== null || budgetUsd !== null,
    hasBudgetTasks: budgetTasks !== null,
    hasBudgetUsd: budgetUsd !== null,
    hasBothBudgets: budgetTasks !== null && budgetUsd !== null,
    budgetTasks: budgetTasks ?? 0,
    budgetUsd: budgetUsd ?? 0,
    digest: plan.digest,
    retentionId: plan.retentionId,
    rules: rulesView(plan),
    manifests: plan.manifests
      .slice(0, 2 * MAX_RULES)
      .map((manifest) => ({ ...manifest, link: manifestLink(manifest.path) })),
    classes: plan.classes.slice(0, MAX_CLASSES).map(classView),
    samples: plan.samples.slice(0, MAX_SAMPLES).map(({ manifest, key, versionId, mode, retainUntil }) => ({
      manifest,
      key,
      version: formatVersionId(versionId),
      lock: lockText(mode, retainUntil),
    })),
    trades: tradesView(plan),
    prices: estimate.prices,
    checks: plan.checks,
  };
}

function rulesView({ settings, dates }: RetentionPlan): object[] {
  return settings.rules.slice(0, MAX_RULES).map((rule, index) => ({
    number: index + 1,
    scopePrefixes: rule.prefixes.slice(0, MAX_PREFIXES),
    morePrefixes: Math.max(0, rule.prefixes.length - MAX_PREFIXES),
    isRest: settings.rules.length > 1,
    minimum: rule.minimumRetentionDays,
    frequency: rule.extensionFrequencyDays,
    mode: rule.mode,
    converts: rule.convertGovernance,
    horizon: dates[index]?.horizon,
    target: dates[index]?.target,
  }));
}

function classView({ rule, class: name, mode, entries, firstKey }: RetentionClassCount): object {
  const [what, fate] = CLASS_TEXTS[name];
  return { rule: String(rule), what, lock: mode ?? '–', entries, fate, firstKey };
}

function tradesView({ settings, estimate }: RetentionPlan): object[] {
  return estimate.rules.slice(0, MAX_TRADES).map(({ rule, versions, steps }) => ({
    number: String(rule),
    versions,
    steps: steps.map(({ extensionFrequencyDays: frequency, longestLockDays, monthlyUsd }) => ({
      frequency,
      isChosen: frequency === settings.rules[rule - 1]?.extensionFrequencyDays,
      longest: longestLockDays,
      monthlyUsd,
    })),
  }));
}

function lockText(mode: RetentionMode | null, retainUntil: string | null): string {
  return mode === null || retainUntil === null ? '–' : `${mode} until ${formatUtc(retainUntil)} UTC`;
}
