import { describe, expect, it } from 'vitest';
import { type EstimateInput, estimatePlan } from '../../src/plan/estimate.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { GIB, plan, type Scenario, versions } from './estimate-inputs.ts';

const prices = builtInPrices();

describe('extras', () => {
  const extras = (scenario: Partial<Scenario>, changes: Partial<EstimateInput> = {}) =>
    Object.fromEntries(
      estimatePlan(plan(scenario, changes), prices).extras.map(({ code, costUsd }) => [code, costUsd]),
    );
  const bucket = { mode: 'copy-to-bucket' as const };

  it.each([
    ['storage in STANDARD', versions('3b', 'STANDARD', 1_000, 1_000 * GIB), {}, 'copies-storage', 23],
    [
      'storage in the class asked for',
      versions('3b', 'STANDARD', 1, 1_000 * GIB),
      { storageClass: 'GLACIER_IR' },
      'copies-storage',
      4,
    ],
    [
      'small objects in an infrequent class',
      versions('3b', 'STANDARD_IA', 8_192, 1),
      {},
      'copies-storage',
      0.0125,
    ],
    [
      'monitoring of Intelligent-Tiering',
      versions('3b', 'INTELLIGENT_TIERING', 1_000, GIB),
      {},
      'copies-storage',
      0.0255,
    ],
    ['no retrieval fee for STANDARD', versions('3b', 'STANDARD', 1, GIB), {}, 'retrieval', undefined],
    ['retrieval from Standard-IA', versions('3b', 'STANDARD_IA', 1, 100 * GIB), {}, 'retrieval', 1],
    ['retrieval from One Zone-IA', versions('3c', 'ONEZONE_IA', 1, 100 * GIB), {}, 'retrieval', 1],
    [
      'retrieval from Glacier Instant Retrieval',
      versions('5b', 'GLACIER_IR', 1, 100 * GIB),
      bucket,
      'retrieval',
      3,
    ],
    [
      'transfer to another Region',
      versions('5b', 'STANDARD', 1, 50 * GIB),
      { ...bucket, crossRegion: true },
      'inter-region-transfer',
      1,
    ],
    [
      'transfer, Region unknown',
      versions('5b', 'STANDARD', 1, 50 * GIB),
      { ...bucket, crossRegion: null },
      'inter-region-transfer',
      null,
    ],
    [
      'no transfer within a Region',
      versions('5b', 'STANDARD', 1, GIB),
      bucket,
      'inter-region-transfer',
      undefined,
    ],
    [
      'transfer after a restore',
      versions('5a', 'GLACIER', 1, 50 * GIB),
      { ...bucket, crossRegion: true },
      'inter-region-transfer-after-restore',
      1,
    ],
    [
      'no transfer within a bucket',
      versions('3b', 'STANDARD', 1, GIB),
      { crossRegion: null },
      'inter-region-transfer',
      undefined,
    ],
    [
      'Bulk is free for Flexible Retrieval',
      versions('3a', 'GLACIER', 1_000, 100 * GIB),
      {},
      'restore-bulk',
      0.251,
    ],
    [
      'Standard from Flexible Retrieval',
      versions('3a', 'GLACIER', 1_000, 100 * GIB),
      {},
      'restore-standard',
      1.301,
    ],
    [
      'Bulk from Deep Archive',
      versions('5a', 'DEEP_ARCHIVE', 1_000, 100 * GIB),
      bucket,
      'restore-bulk',
      0.526,
    ],
    [
      'Standard from Deep Archive',
      versions('5a', 'DEEP_ARCHIVE', 1_000, 100 * GIB),
      bucket,
      'restore-standard',
      2.351,
    ],
    [
      'Intelligent-Tiering restores free',
      versions('3a', 'INTELLIGENT_TIERING', 1_000, GIB),
      {},
      'restore-standard',
      0.251,
    ],
    ['restore of an unknown class', { scenario: '3a', bytes: GIB }, {}, 'restore-bulk', null],
    ['storage of the restored copies', versions('3a', 'GLACIER', 1, 1_000 * GIB), {}, 'restored-storage', 23],
    ['KMS is not known', versions('3b', 'STANDARD', 1, GIB), {}, 'kms-requests', null],
    ['KMS has no part in delete markers', {}, {}, 'kms-requests', undefined],
    ['events are not known', {}, {}, 'events', null],
    ['CloudTrail is not known', {}, {}, 'cloudtrail-data-events', null],
    ['removed delete markers are not replicated', { scenario: '2' }, {}, 'replication', undefined],
    ['added ones may be', { scenario: '1' }, {}, 'replication', null],
  ] as [string, Partial<Scenario>, Partial<EstimateInput>, string, number | null | undefined][])(
    '%s',
    (_name, scenario, changes, code, costUsd) => {
      const found = extras(scenario, changes)[code];
      if (typeof costUsd === 'number') expect(found).toBeCloseTo(costUsd, 6);
      else expect(found).toBe(costUsd);
    },
  );

  it('are the only place where versions that are only listed cost something', () => {
    const estimate = estimatePlan(plan(versions('3a', 'GLACIER', 1_000, GIB)), prices);
    expect(estimate.totals.batch).toEqual({ tasks: 0, costUsd: 0, seconds: 0 });
    expect(estimate.totals.direct.costUsd).toBe(0);
    expect(estimate.totals.nativeCopy).toBeNull();
    expect(extras(versions('3a', 'GLACIER', 1_000, GIB))['copy-after-restore']).toBeGreaterThan(0.25);
  });

  it('are none where nothing is planned', () => {
    expect(extras({ keys: 0 })).toEqual({});
  });
});
