import type { EstimateInput } from '../../src/plan/estimate.ts';

export const GIB = 2 ** 30;

export type Scenario = EstimateInput['scenarios'][number];

/** A plan of one scenario with dense keys; a case says only what differs. */
export function plan(scenario: Partial<Scenario>, changes: Partial<EstimateInput> = {}): EstimateInput {
  const keys = scenario.keys ?? 1_000;
  return {
    mode: 'bucket-rollback',
    entries: 2 * keys,
    entriesInScope: 2 * keys,
    keysInScope: keys,
    inventoryBytes: 400 * keys,
    storageClass: 'as-source',
    crossRegion: false,
    scenarios: [{ scenario: '2', keys, rows: keys, bytes: 0, byStorageClass: [], ...scenario }],
    ...changes,
  };
}

/** A scenario of versions of one class. */
export function versions(
  scenario: Scenario['scenario'],
  storageClass: string,
  keys: number,
  bytes: number,
): Pick<Scenario, 'scenario' | 'keys' | 'bytes' | 'byStorageClass'> {
  return { scenario, keys, bytes, byStorageClass: [{ storageClass, keys, bytes }] };
}
