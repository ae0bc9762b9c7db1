import type { CopyChoice, Mode, Scenario } from '../s3/rollback.ts';
import { COPY_STORAGE_CLASSES, type StorageClassChoice } from '../s3/storage-class.ts';

/** What the estimator knows of one scenario. Counts and bytes are those of the scenario's manifest. */
export type PlannedScenario = {
  scenario: Scenario;
  keys: number;
  /** Rows of the manifest: several a key where several delete markers are removed. */
  rows: number;
  bytes: number;
  /** The versions to copy, by their own class; empty for delete markers. Keys that it leaves out count as STANDARD. */
  byStorageClass: { storageClass: string; keys: number; bytes: number }[];
  /** Of these versions, those over 5 GiB, which are copied by parts. Left out: all of 3c, none elsewhere. */
  multipart?: { keys: number; bytes: number };
};

/** What the estimator knows of a plan. */
export type EstimateInput = {
  mode: Mode;
  /** Version entries in the inventory. */
  entries: number;
  entriesInScope: number;
  keysInScope: number;
  /** Bytes of the inventory files as stored: what Athena scans at most. */
  inventoryBytes: number;
  storageClass: StorageClassChoice;
  /** `s3-batch-copy`: jobs of S3's own make the copies of 3b and 5b, and `batch` is their figure */
  copyWith?: CopyChoice | undefined;
  /** Whether the destination bucket is in another Region; null where the plan does not know. */
  crossRegion: boolean | null;
  scenarios: PlannedScenario[];
};

type CopyStorageClass = (typeof COPY_STORAGE_CLASSES)[number];
export type ClassShare = { storageClass: CopyStorageClass; keys: number; bytes: number };

/** Scenarios whose versions are archived: listed by the plan, never run by it. */
export function isListedOnly(scenario: Scenario): boolean {
  return scenario === '3a' || scenario === '5a';
}

/** Scenarios whose operation is a copy, as opposed to adding or removing delete markers. */
export function isCopy(scenario: Scenario): boolean {
  return scenario.startsWith('3') || scenario.startsWith('5');
}

/**
 * The classes of the versions that a scenario copies. An empty or unknown class is STANDARD, as S3 reports the class
 * of a STANDARD object by leaving it out.
 */
export function sourceClasses(scenario: PlannedScenario): ClassShare[] {
  const shares = scenario.byStorageClass.map((share) => ({
    ...share,
    storageClass: COPY_STORAGE_CLASSES.find((known) => known === share.storageClass) ?? 'STANDARD',
  }));
  const keys = scenario.keys - sum(shares, (share) => share.keys);
  const bytes = scenario.bytes - sum(shares, (share) => share.bytes);
  if (keys > 0) shares.push({ storageClass: 'STANDARD', keys, bytes: Math.max(0, bytes) });
  return shares;
}

/** The classes that the copies of a scenario will have: the one asked for, or each its source's. */
export function targetClasses(scenario: PlannedScenario, choice: StorageClassChoice): ClassShare[] {
  if (choice === 'as-source') return sourceClasses(scenario);
  return [{ storageClass: choice, keys: scenario.keys, bytes: scenario.bytes }];
}

/** Adds up a figure of each item. */
export function sum<T>(items: readonly T[], figureOf: (item: T) => number): number {
  return items.reduce((total, item) => total + figureOf(item), 0);
}
