import canonicalize from 'canonicalize';
import type { LifecycleDocument, LifecycleRuleDocument } from '../s3/bucket-configuration.ts';

/**
 * What a rule does to versions that a rollback may need. Transitions count: what went to an archive cannot be copied
 * until it is restored. Only the removal of parts of unfinished uploads goes on.
 */
const ACTIONS = [
  'Expiration',
  'NoncurrentVersionExpiration',
  'Transitions',
  'NoncurrentVersionTransitions',
] as const;

/** @param prefixes literal prefixes of the freeze; none: the whole bucket */
export function isToBePaused(rule: LifecycleRuleDocument, prefixes: readonly string[]): boolean {
  if (rule.Status !== 'Enabled') return false;
  if (!ACTIONS.some((action) => hasContent(rule[action]))) return false;
  const own = prefixOf(rule);
  return prefixes.length === 0 || prefixes.some((prefix) => prefix.startsWith(own) || own.startsWith(prefix));
}

/** A configuration with rules paused, and those rules as they were. */
export function pauseRules(
  lifecycle: LifecycleDocument,
  prefixes: readonly string[],
): { after: LifecycleDocument; paused: LifecycleRuleDocument[] } {
  const paused = lifecycle.rules.filter((rule) => isToBePaused(rule, prefixes));
  const rules = lifecycle.rules.map((rule) =>
    isToBePaused(rule, prefixes) ? { ...rule, Status: 'Disabled' } : rule,
  );
  return { after: { ...lifecycle, rules }, paused };
}

/** A configuration with those of the rules enabled again that were paused and have not been changed since. */
export function resumeRules(
  lifecycle: LifecycleDocument,
  paused: readonly LifecycleRuleDocument[],
): LifecycleDocument {
  const own = new Set(paused.map(contentOf));
  const rules = lifecycle.rules.map((rule) =>
    rule.Status === 'Disabled' && own.has(contentOf(rule)) ? { ...rule, Status: 'Enabled' } : rule,
  );
  return { ...lifecycle, rules };
}

/** Rules of two lists, each once. */
export function unionOfRules(
  some: readonly LifecycleRuleDocument[],
  others: readonly LifecycleRuleDocument[],
): LifecycleRuleDocument[] {
  return [...new Map([...some, ...others].map((rule) => [contentOf(rule), rule])).values()];
}

/** Of rules that were paused: those that are in force nowhere, since someone changed or removed them. */
export function rulesNotResumed(
  lifecycle: LifecycleDocument | null,
  paused: readonly LifecycleRuleDocument[],
): { changed: string[]; removed: string[] } {
  const rules = lifecycle?.rules ?? [];
  const contents = new Set(rules.map(contentOf));
  const lost = paused.filter((rule) => !contents.has(contentOf(rule))).map(({ ID = '' }) => ID);
  const isStillOff = (id: string) => rules.some(({ ID, Status }) => ID === id && Status === 'Disabled');
  const isThere = (id: string) => rules.some(({ ID }) => ID === id);
  return { changed: lost.filter(isStillOff), removed: lost.filter((id) => !isThere(id)) };
}

/** Whether two configurations are the same, whatever the order of their fields; null: there is none. */
export function isSameLifecycle(one: LifecycleDocument | null, other: LifecycleDocument | null): boolean {
  return contentsOf(one) === contentsOf(other);
}

/** The order of rules means nothing. */
function contentsOf(lifecycle: LifecycleDocument | null): string | undefined {
  const { rules, ...rest } = lifecycle ?? { rules: [] };
  return canonicalize({ ...rest, rules: rules.map((rule) => canonicalize(rule) ?? '').toSorted() });
}

/** A rule but for its status. */
function contentOf({ Status: _status, ...content }: LifecycleRuleDocument): string {
  return canonicalize(content) ?? '';
}

function hasContent(action: unknown): boolean {
  return action !== undefined && !(Array.isArray(action) && action.length === 0);
}

/** Rules of before 2016 carry their prefix outside of the filter ("Elements to describe lifecycle actions"). */
function prefixOf(rule: LifecycleRuleDocument): string {
  const filter = (rule.Filter ?? {}) as { Prefix?: string; And?: { Prefix?: string } };
  return filter.And?.Prefix ?? filter.Prefix ?? (rule.Prefix as string | undefined) ?? '';
}
