import type { Bucket } from './bucket.ts';
import type { VersionEntry } from './entries.ts';
import { isInFilter, type LifecycleRule, parseLifecycleRules, type Transition } from './lifecycle-rules.ts';
import { isProtected } from './object-lock.ts';

const MS_PER_DAY = 86_400_000;

export type LifecycleReport = {
  /** Current versions put under a delete marker. */
  expired: number;
  /** Noncurrent entries removed for good. */
  noncurrentExpired: number;
  loneMarkersRemoved: number;
  transitioned: number;
  uploadsAborted: number;
};

/**
 * Carries out a bucket's lifecycle rules once, as S3 does about once a day ("Lifecycle configuration elements").
 * @param now the clock's time: what is due then
 */
export function applyLifecycle(bucket: Bucket, now: number): LifecycleReport {
  const report: LifecycleReport = {
    expired: 0,
    noncurrentExpired: 0,
    loneMarkersRemoved: 0,
    transitioned: 0,
    uploadsAborted: 0,
  };
  const configuration = bucket.configurations.get('lifecycle');
  if (configuration === undefined) return report;
  const rules = parseLifecycleRules(configuration).filter((rule) => rule.enabled);
  for (const key of [...bucket.stacks.from(() => true)].map(([name]) => name)) {
    for (const rule of rules.filter(({ prefix }) => key.startsWith(prefix))) {
      expireNoncurrent(bucket, key, rule, now, report);
      expireCurrent(bucket, key, rule, now, report);
      transition(bucket, key, rule, now, report);
    }
  }
  for (const upload of [...bucket.uploads.values()]) {
    const isDue = rules.some(
      (rule) => upload.key.startsWith(rule.prefix) && isPast(upload.initiated, rule.abortDays, now),
    );
    if (isDue && bucket.uploads.delete(upload.id)) report.uploadsAborted += 1;
  }
  return report;
}

/** Noncurrent entries of a stack, newest first, with the time since when each is noncurrent. */
function noncurrentEntries(bucket: Bucket, key: string): { entry: VersionEntry; since: number }[] {
  const stack = bucket.stack(key);
  return stack.slice(1).map((entry, index) => ({ entry, since: stack[index]?.lastModified ?? 0 }));
}

function expireNoncurrent(
  bucket: Bucket,
  key: string,
  rule: LifecycleRule,
  now: number,
  report: LifecycleReport,
): void {
  noncurrentEntries(bucket, key).forEach(({ entry, since }, place) => {
    const version = entry.isDeleteMarker ? undefined : entry;
    if (place < rule.newerNoncurrentVersions || !isPast(since, rule.noncurrentDays, now)) return;
    if (!isInFilter(rule, key, version) || (version !== undefined && isProtected(version, now))) return;
    bucket.expire(key, entry.versionId);
    report.noncurrentExpired += 1;
  });
}

function expireCurrent(
  bucket: Bucket,
  key: string,
  rule: LifecycleRule,
  now: number,
  report: LifecycleReport,
): void {
  const [current, ...others] = bucket.stack(key);
  if (current === undefined) return;
  const isDue =
    isPast(current.lastModified, rule.expirationDays, now) ||
    (rule.expirationDate !== undefined && rule.expirationDate <= now);
  if (current.isDeleteMarker) {
    // Expiration by age also removes a marker that is all a key has left.
    if (others.length > 0 || !(rule.expiresLoneMarkers || isDue) || !isInFilter(rule, key, undefined)) return;
    bucket.expire(key, current.versionId);
    report.loneMarkersRemoved += 1;
  } else if (isDue && isInFilter(rule, key, current)) {
    if (bucket.versioning === undefined) bucket.expire(key, current.versionId);
    else bucket.addDeleteMarker(key);
    report.expired += 1;
  }
}

function transition(
  bucket: Bucket,
  key: string,
  rule: LifecycleRule,
  now: number,
  report: LifecycleReport,
): void {
  const move = (entry: VersionEntry, since: number, place: number, transitions: readonly Transition[]) => {
    if (entry.isDeleteMarker || !isInFilter(rule, key, entry)) return;
    const due = transitions
      .filter(({ days, newerVersions }) => place >= newerVersions && isPast(since, days, now))
      .sort((a, b) => b.days - a.days)[0];
    if (due === undefined || due.storageClass === entry.attributes.storageClass) return;
    entry.attributes = { ...entry.attributes, storageClass: due.storageClass };
    report.transitioned += 1;
  };
  const current = bucket.current(key);
  if (current !== undefined) move(current, current.lastModified, 0, rule.transitions);
  noncurrentEntries(bucket, key).forEach(({ entry, since }, place) => {
    move(entry, since, place, rule.noncurrentTransitions);
  });
}

/** Due at the first midnight UTC after the days are over. */
function isPast(since: number, days: number | undefined, now: number): boolean {
  if (days === undefined) return false;
  return Math.ceil((since + days * MS_PER_DAY) / MS_PER_DAY) * MS_PER_DAY <= now;
}
