import type { RollbackPlan } from '../plan/plan-file.ts';
import { renderTemplate, type TemplateSource } from '../render/handlebars.ts';
import { MAX_COMMENT_CHARACTERS, tidyBlankLines } from '../review/comment.ts';
import { COMMENT_FORMATTERS } from '../review/formatters.ts';
import { formatMarker } from '../review/marker.ts';
import { buildScenarioTable, LISTED_ONLY, sum } from '../review/scenario-table.ts';
import { SCENARIO_ACTIONS, SCENARIOS, type Scenario, UNCERTAIN_CLASSES } from '../s3/rollback.ts';
import type { RollbackSet, SetMember } from './set-file.ts';

/** Warnings of a member that are shown; those that block always are. Fewer where the comment grows too long. */
const WARNINGS_SHOWN = [5, 2, 0] as const;
const MAX_BLOCKING_SHOWN = 3;
const MAX_PREFIXES = 3;

const START = [
  '**Next step:** read the table, the checks, and the review of each member. If they describe what you want, start all of them, in this order; FOLDER is the folder that holds `set.json`:',
  '```sh',
  'npm run --silent s3-rewind -- start-jobs --record FOLDER --yes',
  '```',
];

/**
 * Renders the review text of a set: one table, one digest, a section a bucket. A function of set.json and the plans.
 * @param plans of the members, in their order
 * @param options `nextStep`: lines of Markdown of our own in place of the command; `link`: where a file of the set can
 *   be read, by default its path relative to the comment
 * @returns at most MAX_COMMENT_CHARACTERS characters
 * @throws Error where not even the shortest form fits, which MAX_MEMBERS rules out
 */
export function renderSetComment(
  set: RollbackSet,
  plans: readonly RollbackPlan[],
  options: { template: TemplateSource; nextStep?: string[]; link?: (path: string) => string },
): string {
  for (const warnings of WARNINGS_SHOWN) {
    const view = buildView(set, plans, warnings, options.nextStep ?? START, options.link ?? ((path) => path));
    const text = tidyBlankLines(renderTemplate(options.template, view, { helpers: COMMENT_FORMATTERS }));
    if (text.length <= MAX_COMMENT_CHARACTERS) return text;
  }
  throw new Error(`the comment of set ${set.digest} does not fit ${MAX_COMMENT_CHARACTERS} characters`);
}

/** `Roll 2 buckets back to 2025-…` */
export function describeSet({ origin, members }: RollbackSet, plans: readonly RollbackPlan[]): string {
  const buckets = `${members.length} bucket${members.length === 1 ? '' : 's'}`;
  return origin === 'undo'
    ? `Undo the rollback of ${buckets}`
    : `Roll ${buckets} back to ${plans[0]?.inputs.timestamp ?? ''}`;
}

function buildView(
  set: RollbackSet,
  plans: readonly RollbackPlan[],
  warnings: number,
  nextStep: readonly string[],
  link: (path: string) => string,
): object {
  const tables = plans.map(buildScenarioTable);
  const scenarios = SCENARIOS.filter((scenario) =>
    tables.some(({ rows }) => rows.some((row) => row.scenario === scenario)),
  );
  const rows = set.members.flatMap((member, index) => {
    const plan = plans[index];
    return plan === undefined ? [] : [memberView(member, plan, { scenarios, warnings, link })];
  });
  const blocked = rows.filter(({ blocking }) => blocking > 0);
  const keys = sum(rows, (row) => row.keys);
  const { alert, lines } = decide(
    blocked.map(({ bucket }) => bucket),
    keys,
    nextStep,
  );
  const executor = (name: 'batch' | 'direct') => ({
    costUsd: sum(rows, (row) => row[name].costUsd),
    seconds: sum(rows, (row) => row[name].seconds),
  });
  return {
    marker: formatMarker({ v: 1, rollbackId: set.setId, digest: set.digest }),
    title: describeSet(set, plans),
    alert,
    nextStep: lines,
    scenarios,
    rows,
    onAwsOnly: rows.some((row) => row.onAwsOnly),
    hasListedOnly: scenarios.includes('3a'),
    total: {
      keys,
      counts: scenarios.map((_scenario, column) => sum(rows, (row) => row.counts[column] ?? 0)),
      leftAlone: sum(rows, (row) => row.leftAlone),
      undecided: sum(rows, (row) => row.undecided),
      bytes: sum(rows, (row) => row.bytes),
      batch: executor('batch'),
      direct: executor('direct'),
    },
    checks: set.checks,
    setId: set.setId,
    digest: set.digest,
  };
}

function decide(
  blocked: readonly string[],
  keys: number,
  nextStep: readonly string[],
): { alert: string; lines: readonly string[] } {
  if (blocked.length > 0) {
    const which = `member${blocked.length === 1 ? '' : 's'} ${blocked.join(', ')}`;
    const line = `**Next step:** do not start: a check blocks the ${which}. Settle what is named there, then plan all of them again.`;
    return { alert: 'CAUTION', lines: [line] };
  }
  if (keys > 0) return { alert: 'IMPORTANT', lines: nextStep };
  return { alert: 'NOTE', lines: ['**Next step:** nothing to start: no key of any bucket has to change.'] };
}

function memberView(
  member: SetMember,
  plan: RollbackPlan,
  shown: { scenarios: readonly Scenario[]; warnings: number; link: (path: string) => string },
) {
  const { rows, keys, bytes } = buildScenarioTable(plan);
  const { inputs } = plan;
  const blocking = plan.checks.filter(({ level }) => level === 'blocking');
  const warnings = plan.checks.filter(({ level }) => level === 'warning');
  const keysOf = (isCounted: (row: RollbackPlan['classes'][number]) => boolean) =>
    sum(plan.classes.filter(isCounted), (row) => row.keys);
  const acted = new Set<string>(rows.map(({ scenario }) => scenario));
  return {
    order: String(member.order),
    bucket: member.bucket,
    isReplica: member.replicaOf.length > 0,
    sources: member.replicaOf,
    scenarios: inputs.scenarios,
    keys,
    counts: shown.scenarios.map((scenario) => rows.find((row) => row.scenario === scenario)?.keys ?? 0),
    leftAlone: keysOf((row) => row.scenario === null || !acted.has(row.scenario)),
    undecided: keysOf((row) => row.scenario === null && UNCERTAIN_CLASSES.some((name) => name === row.class)),
    bytes,
    batch: plan.estimate.totals.batch,
    direct: plan.estimate.totals.direct,
    onAwsOnly: inputs.copyWith === 's3-batch-copy',
    blocking: blocking.length,
    warnings: warnings.length,
    isUndo: plan.origin === 'undo',
    timestamp: inputs.timestamp,
    prefixes: inputs.prefixes.slice(0, MAX_PREFIXES),
    morePrefixes: Math.max(0, inputs.prefixes.length - MAX_PREFIXES),
    region: member.region ?? '',
    manifests: rows.map((row) => ({
      scenario: row.scenario,
      action: SCENARIO_ACTIONS[row.scenario],
      keys: row.keys,
      bytes: LISTED_ONLY.includes(row.scenario) ? 0 : row.bytes,
      path: row.manifest.path,
      link: shown.link(`${member.folder}/${row.manifest.path}`),
      sha256: row.manifest.sha256,
    })),
    checks: [...blocking.slice(0, MAX_BLOCKING_SHOWN), ...warnings.slice(0, shown.warnings)].map((check) => ({
      ...check,
      isBlocking: check.level === 'blocking',
    })),
    moreChecks:
      Math.max(0, blocking.length - MAX_BLOCKING_SHOWN) + Math.max(0, warnings.length - shown.warnings),
    review: shown.link(`${member.folder}/comment.md`),
    digest: member.digest,
    rollbackId: member.rollbackId,
  };
}
