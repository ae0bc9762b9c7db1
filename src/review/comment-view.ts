import type { Check, RollbackPlan } from '../plan/plan-file.ts';
import { formatCodeSpan } from '../render/markdown.ts';
import { buildActivityChart } from './activity-chart.ts';
import { formatCount, formatQuantity, formatUtc, secondsBetween } from './figures.ts';
import { buildLeftAloneRows, type LeftAloneRow } from './left-alone.ts';
import { formatMarker } from './marker.ts';
import { DEPLOY_FIRST, decideNextStep, START_UNDO } from './next-step.ts';
import { buildSampleGroups } from './samples.ts';
import { buildScenarioTable, type ScenarioTable, sum } from './scenario-table.ts';

/** How much of what can be long is shown. */
export type CommentLimits = {
  samplesPerGroup: number;
  prefixes: number;
  checks: number;
};

/** Scope prefixes and extra costs that are spelled out; the others are counted. */
const MAX_SCOPE_PREFIXES = 5;
const MAX_EXTRAS = 12;
const MAX_SQL_FILES = 10;
const MAX_SOURCES = 8;

/** Requesters in the comment; plan.json has the ten busiest. */
const MAX_REQUESTERS = 5;
/** Who carries out lifecycle rules, in the records of S3 Metadata's journal. */
const LIFECYCLE_REQUESTER = 's3.amazonaws.com';

const SOURCE_TITLES = { 's3-metadata': 'S3 Metadata', 's3-inventory': 'S3 Inventory', listing: 'Listing' };

const CHECK_LEVELS: readonly Check['level'][] = ['blocking', 'warning', 'info'];

/**
 * Everything that `templates/comment.md.hbs` shows. Values are raw and pass through the template's formatters, save
 * for `marker`, `title`, `changes`, `cannot`, `nextStep`, `leftOut` and what `groups` holds, which are finished
 * Markdown, and `activity.mermaid`, which holds nothing from the bucket.
 */
export function buildCommentView(
  plan: RollbackPlan,
  limits: CommentLimits,
  options: { nextStep: string | undefined; manifestLink: (path: string) => string },
) {
  const { inputs, inventory } = plan;
  const table = buildScenarioTable(plan);
  const leftAlone = buildLeftAloneRows(plan);
  const conservation = checkConservation(plan);
  const allChecks = [...conservation, ...plan.checks];
  const checks = CHECK_LEVELS.flatMap((level) => allChecks.filter((check) => check.level === level));
  const prefixes = plan.topPrefixes.toSorted((a, b) => b.keys - a.keys);
  const groups = buildSampleGroups(plan, table.rows, leftAlone, limits.samplesPerGroup);
  const extras = plan.estimate.extras;
  const ownStep = plan.origin === 'undo' ? START_UNDO : inputs.copyWith && DEPLOY_FIRST;
  const nextStep = decideNextStep(allChecks, table, options.nextStep ?? ownStep);
  return {
    marker: formatMarker({ v: 1, rollbackId: plan.rollbackId, digest: plan.digest }),
    title: describeTitle(plan),
    nextStep: { ...nextStep, isUrgent: nextStep.alert === 'CAUTION' },
    bucket: inputs.bucket,
    destinationBucket: inputs.destinationBucket,
    overwrites: inputs.overwrite === true,
    scopePrefixes: inputs.prefixes.slice(0, MAX_SCOPE_PREFIXES),
    moreScopePrefixes: Math.max(0, inputs.prefixes.length - MAX_SCOPE_PREFIXES),
    pointInTime: inputs.timestamp,
    isUndo: plan.origin === 'undo',
    newestEntry: inventory.newestEntry,
    secondsBack:
      inventory.newestEntry === null
        ? 0
        : Math.max(0, secondsBetween(inputs.timestamp, inventory.newestEntry)),
    changes: describeChanges(plan, table),
    cannot: describeLimits(plan, table),
    table: {
      ...table,
      rows: table.rows.map((row) => ({
        ...row,
        hasMoreRows: row.manifest.rows !== row.keys,
        link: options.manifestLink(row.manifest.path),
      })),
    },
    totals: plan.estimate.totals,
    unguarded: sum(
      table.rows.filter(({ isUnguarded }) => isUnguarded),
      ({ keys }) => keys,
    ),
    offersNativeCopy: plan.estimate.totals.nativeCopy !== null && inputs.copyWith === undefined,
    onAwsOnly: inputs.copyWith === 's3-batch-copy',
    copyManifests: (plan.copyManifests ?? []).map((file) => ({
      ...file,
      link: options.manifestLink(file.path),
    })),
    listedOnly: table.rows.filter(({ listedOnly }) => listedOnly).map(({ scenario }) => scenario),
    extras: extras
      .slice(0, MAX_EXTRAS)
      .map((extra) => ({ ...extra, isKnown: extra.costUsd !== null, isMonthly: extra.per === 'month' })),
    allExtras: extras.length,
    moreExtras: Math.max(0, extras.length - MAX_EXTRAS),
    prices: plan.estimate.prices,
    query: plan.estimate.query,
    keysInScope: inventory.keysInScope,
    isConserved: conservation.length === 0,
    left: describeLeftAlone(leftAlone),
    leftAlone: leftAlone.map((row) => ({
      ...row,
      link: row.list === null ? null : options.manifestLink(row.list.path),
    })),
    includedUncertain: inputs.includeUncertain,
    checks: checks
      .slice(0, limits.checks)
      .map((check) => ({ ...check, isBlocking: check.level === 'blocking' })),
    blockingChecks: countLevel(allChecks, 'blocking'),
    warningChecks: countLevel(allChecks, 'warning'),
    infoChecks: countLevel(allChecks, 'info'),
    activity: buildActivityChart(plan.activity, inputs.timestamp),
    requesters: describeRequesters(plan.requesters),
    prefixes: prefixes.slice(0, limits.prefixes),
    morePrefixes: Math.max(0, prefixes.length - limits.prefixes),
    plannedKeys: table.keys + table.listedKeys,
    groups,
    leftOut: describeLeftOut(plan, limits, allChecks.length),
    inputs,
    expires: inputs.noncurrentExpirationDays !== null,
    inventory,
    sources: (plan.sources ?? [])
      .slice(0, MAX_SOURCES)
      .map(({ source, name, ...rest }) => ({ ...rest, title: SOURCE_TITLES[source], name: name ?? '' })),
    moreSources: Math.max(0, (plan.sources ?? []).length - MAX_SOURCES),
    templateLink: options.manifestLink(plan.template.path),
    sql: plan.sql.slice(0, MAX_SQL_FILES).map((file) => ({ ...file, link: options.manifestLink(file.path) })),
    plan,
  };
}

/** The law that every plan obeys, looked at once more: a reader who adds up the tables must come to the same end. */
function checkConservation({ classes, inventory }: RollbackPlan): Check[] {
  const keys = sum(classes, (row) => row.keys);
  if (keys === inventory.keysInScope) return [];
  return [
    {
      code: 'CONSERVATION_VIOLATED',
      level: 'blocking',
      message: `The classes hold ${formatQuantity(keys, 'key')}, the scope ${formatCount(inventory.keysInScope)}; they must agree.`,
      hint: 'This plan.json is damaged or a bug wrote it. Report it.',
    },
  ];
}

/** Who did it, where a journal told; null where none was asked. */
function describeRequesters(requesters: RollbackPlan['requesters']) {
  if (requesters === undefined) return null;
  const top = requesters.top.slice(0, MAX_REQUESTERS);
  return {
    top: top.map((row) => ({ ...row, isLifecycle: row.requester === LIFECYCLE_REQUESTER })),
    more: Math.max(0, requesters.total - top.length),
  };
}

/** Keys that wait for a decision, by class, and how many others stay as they are. */
function describeLeftAlone(rows: LeftAloneRow[]): string {
  if (rows.length === 0) return 'No key: all in scope are in the table of what will change';
  const undecided = rows.filter(({ needsDecision }) => needsDecision);
  const others = sum(
    rows.filter(({ needsDecision }) => !needsDecision),
    ({ keys }) => keys,
  );
  const undecidedKeys = sum(undecided, ({ keys }) => keys);
  const classes = undecided.map((row) => `${formatCount(row.keys)} ${row.class}`).join(', ');
  const noun = undecided.length === 0 ? 'key' : 'other';
  const rest = others === 1 ? `1 ${noun} stays as it is` : `${formatQuantity(others, noun)} stay as they are`;
  return undecided.length === 0
    ? rest
    : `**${formatQuantity(undecidedKeys, 'key')}** for you to decide on: ${classes}; ${rest}`;
}

/** An undo's point in time is the moment at which the run began that it takes back. */
function describeTitle({ inputs, origin }: RollbackPlan): string {
  const bucket = formatCodeSpan(inputs.bucket, { cell: false, maxCharacters: 80 });
  const time = `${formatUtc(inputs.timestamp)} UTC`;
  if (origin === 'undo') return `Undo the run of ${time} in ${bucket}`;
  switch (inputs.mode) {
    case 'bucket-rollback':
      return `Roll back ${bucket} to ${time}`;
    case 'delete-marker-removal':
      return `Remove the delete markers that ${bucket} got after ${time}`;
    case 'copy-to-bucket': {
      const destination = formatCodeSpan(inputs.destinationBucket ?? '', { cell: false, maxCharacters: 80 });
      return `Copy ${bucket} as of ${time} to ${destination}`;
    }
  }
}

/** What happens to how many keys, in one sentence: the operations, not the scenarios. */
function describeChanges(plan: RollbackPlan, table: ScenarioTable): string {
  const keysOf = (...operations: string[]) =>
    sum(
      table.rows.filter(({ manifest, listedOnly }) => !listedOnly && operations.includes(manifest.operation)),
      ({ keys }) => keys,
    );
  const parts = [
    { keys: keysOf('add-delete-marker'), does: 'add a delete marker to' },
    { keys: keysOf('remove-delete-markers'), does: 'remove delete markers from' },
    { keys: keysOf('copy', 'copy-multipart'), does: 'copy the older version on top of' },
    { keys: keysOf('copy-to-bucket'), does: 'copy to the destination bucket' },
  ].filter(({ keys }) => keys > 0);
  const total = `**${formatCount(table.keys)}** of ${formatQuantity(plan.inventory.keysInScope, 'key')} in scope`;
  return parts.length === 0
    ? total
    : `${total}: ${parts.map(({ keys, does }) => `${does} ${formatCount(keys)}`).join(', ')}`;
}

/** What the reader must not expect of this plan (semantics, sections 5 and 8). */
function describeLimits(plan: RollbackPlan, table: ScenarioTable): string {
  const copies = table.rows.some(
    ({ listedOnly, manifest }) => !listedOnly && manifest.operation.startsWith('copy'),
  );
  return [
    ...(table.listedKeys > 0
      ? [
          `Archived keys (${formatCount(table.listedKeys)}) are left by start-jobs: restore-archived shows cost and waiting time, restores them, and copies them.`,
        ]
      : []),
    ...(plan.inputs.mode === 'delete-marker-removal'
      ? ['Keys that were overwritten keep what they hold now.']
      : []),
    'Versions that were permanently deleted are gone; tags, ACLs, locks and storage classes stay as they are now.',
    ...(copies ? ['A copy is a new version with the time of the copy, without the ACL of the old one.'] : []),
    ...(table.rows.some(({ isUnguarded }) => isUnguarded)
      ? ["S3's own job leaves website redirects behind."]
      : []),
  ].join(' ');
}

function countLevel(checks: Check[], level: Check['level']): number {
  return checks.filter((check) => check.level === level).length;
}

/** What the limits hide, and where it is. Samples beyond those of a group are no loss: manifests hold every key. */
function describeLeftOut(plan: RollbackPlan, limits: CommentLimits, checks: number): string[] {
  return [
    ...(limits.samplesPerGroup === 0 && plan.samples.length > 0
      ? [
          `${formatQuantity(plan.samples.length, 'sample')} (\`samples\` in plan.json; every key is in the manifests)`,
        ]
      : []),
    ...(limits.prefixes < Math.min(plan.topPrefixes.length, 10)
      ? [
          `${formatCount(plan.topPrefixes.length - limits.prefixes)} prefixes with changes (\`topPrefixes\` in plan.json)`,
        ]
      : []),
    ...(limits.checks < checks
      ? [`${formatQuantity(checks - limits.checks, 'check')} (\`checks\` in plan.json)`]
      : []),
  ];
}
