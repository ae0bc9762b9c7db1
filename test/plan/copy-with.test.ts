import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertCopiesConserved, batchCopyClasses } from '../../src/plan/batch-copies.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import { planSchema } from '../../src/plan/plan-file.ts';
import { openPlanner, type Planned, type Planner, type PlannerOptions } from './planner.ts';
import { parseStack } from './stacks.ts';

/** Plans whose copies are to be made by jobs of S3's own: what they can serve, and a manifest a storage class. */

const NOW = new Date('2025-11-22T12:00:00Z');
const BASE: RawPlanInputs = { bucket: 'my-bucket', timestamp: '2025-08-30T02:00:00Z' };
const parse = (change: Partial<RawPlanInputs>) => parsePlanInputs({ ...BASE, ...change }, NOW);
const NATIVE = { copyWith: 's3-batch-copy' };
const TO_BUCKET = { mode: 'copy-to-bucket', destinationBucket: 'my-copy' };

describe('the option', () => {
  test('guarded is the default, and leaves the inputs as they are', () => {
    expect(parse({ copyWith: 'guarded' })).toEqual(parse({}));
    expect(parse({})).not.toHaveProperty('copyWith');
  });

  /** One line a set of options that it serves. */
  const SERVES: Partial<RawPlanInputs>[] = [
    {},
    TO_BUCKET,
    { storageClass: 'GLACIER_IR' },
    { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d' },
    { mode: 'delete-marker-removal', markers: 'copy' },
    { includeUncertain: 'ambiguous' },
  ];
  test.each(SERVES)('serves %j', (change) => {
    expect(parse({ ...change, ...NATIVE })).toEqual({ ...parse(change), ...NATIVE });
  });

  /** One line a refusal: the options, and what the message names. */
  const REFUSED: [change: Partial<RawPlanInputs>, fact: string][] = [
    [{ mode: 'delete-marker-removal' }, 'copies nothing'],
    [{ scenarios: '1,2,3c' }, 'copies nothing'],
    [{ ...TO_BUCKET, scenarios: '5a' }, 'copies nothing'],
    [{ includeUncertain: 'uncopyable' }, 'SSE-C'],
    [{ storageClass: 'REDUCED_REDUNDANCY' }, 'REDUCED_REDUNDANCY'],
  ];
  test.each(REFUSED)('refuses %j', (change, fact) => {
    expect(() => parse({ ...change, ...NATIVE })).toThrow(
      expect.objectContaining({
        code: 'COPY_WITH_NOT_POSSIBLE',
        message: expect.stringContaining(fact),
        hint: expect.stringMatching(/--copy-with/),
      }),
    );
  });

  test('another name is none', () => {
    expect(() => parse({ copyWith: 'native' })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

describe('the manifests', () => {
  let planner: Planner;
  beforeAll(async () => {
    planner = await openPlanner();
  });
  afterAll(() => planner.close());
  const plan = (stacks: Record<string, string>, options: PlannerOptions = {}): Promise<Planned> =>
    planner.plan(
      new Map(Object.entries(stacks).map(([key, notation]) => [key, parseStack(notation)] as const)),
      { ...NATIVE, ...options },
    );
  const STACKS = {
    'a b': 'V1[STANDARD_IA] -> V2',
    b: 'V1 -> V2',
    'c,1': 'V1[GLACIER_IR] -> V2',
    d: 'V1 -> DM1, V2',
    e: 'V1[GLACIER] -> V2',
    f: 'V1[size=5368709121] -> V2',
    g: 'V1 -> DM1',
  };

  test('one a storage class, each row of 3b in one of them; 3c and 3a stay whole', async () => {
    const { plan: made, lists } = await plan(STACKS);
    expect(Object.fromEntries([...lists].filter(([path]) => path.includes('scenario3')))).toEqual({
      'manifests/scenario3a.csv': 'example-bucket,e,v1,v2,10,GLACIER\n',
      'manifests/scenario3b.csv': [
        'example-bucket,a%20b,v1,v2,10,STANDARD_IA\n',
        'example-bucket,b,v1,v2,10,STANDARD\n',
        'example-bucket,c%2C1,v1,v2,10,GLACIER_IR\n',
        'example-bucket,d,v1,v2,10,STANDARD\n',
      ].join(''),
      'manifests/scenario3b_GLACIER_IR.csv': 'example-bucket,c%2C1,v1,v2,10,GLACIER_IR\n',
      'manifests/scenario3b_STANDARD.csv':
        'example-bucket,b,v1,v2,10,STANDARD\nexample-bucket,d,v1,v2,10,STANDARD\n',
      'manifests/scenario3b_STANDARD_IA.csv': 'example-bucket,a%20b,v1,v2,10,STANDARD_IA\n',
      'manifests/scenario3c.csv': 'example-bucket,f,v1,v2,5368709121,STANDARD\n',
    });
    expect(made.sql.map(({ path }) => path).filter((path) => path.includes('scenario3b_'))).toHaveLength(6);
    expect(planSchema.parse(made)).toEqual(made);
    expect(made.checks.find(({ code }) => code === 'COPIES_UNGUARDED')?.level).toBe('warning');
    const { batch, nativeCopy } = made.estimate.totals;
    expect(batch).toEqual(nativeCopy);
  });

  test('the digest covers the option and each of the manifests', async () => {
    const { plan: made } = await plan(STACKS);
    expect(planDigest(made)).toBe(made.digest);
    const { copyWith: _copyWith, ...guarded } = made.inputs;
    expect(planDigest({ ...made, inputs: guarded })).not.toBe(made.digest);
    const [first, ...rest] = made.copyManifests ?? [];
    if (first === undefined) throw new Error('no manifest of copies');
    expect(planDigest({ ...made, copyManifests: rest })).not.toBe(made.digest);
    const other = { ...first, storageClass: 'STANDARD' as const };
    expect(planDigest({ ...made, copyManifests: [other, ...rest] })).not.toBe(made.digest);
    expect((await plan(STACKS, { copyWith: 'guarded' })).plan).not.toHaveProperty('copyManifests');
  });

  test.each([
    ['one class asked for', STACKS, { storageClass: 'STANDARD_IA' }, 'STANDARD_IA'],
    ['one class among the sources', { b: 'V1 -> V2' }, {}, 'STANDARD'],
  ])('%s: the manifest of the scenario serves as it stands', async (_name, stacks, options, storageClass) => {
    const { plan: made } = await plan(stacks, options);
    const whole = made.manifests.find(({ scenario }) => scenario === '3b');
    const { path, rows, bytes, sha256 } = whole ?? {};
    expect(made.copyManifests).toEqual([{ scenario: '3b', storageClass, path, rows, bytes, sha256 }]);
  });

  test.each([
    ['above 5 GiB', { f: 'V1[size=5368709121]' }, /1 versions .*5 GiB/],
    ['a class that no job writes', { f: 'V1[REDUCED_REDUNDANCY]' }, /REDUCED_REDUNDANCY/],
  ])('to another bucket, %s: refused', async (_name, stacks, message) => {
    await expect(plan(stacks, { mode: 'copy-to-bucket' })).rejects.toMatchObject({
      code: 'COPY_WITH_NOT_POSSIBLE',
      message: expect.stringMatching(message),
    });
  });

  test('nothing to copy: no manifest, no job', async () => {
    const { plan: made } = await plan({ a: 'V1 -> DM1' });
    expect(made.copyManifests).toBeUndefined();
  });
});

describe('the conservation law', () => {
  const counts = (storageClass: string, keys: number) => ({
    class: 'copy' as const,
    ...{ storageClass, keys, largeKeys: 0 },
  });
  const inputs = parse(NATIVE);
  const classes = batchCopyClasses('3b', inputs, [
    counts('', 2),
    counts('STANDARD', 1),
    counts('ONEZONE_IA', 4),
  ]);

  test('no class is STANDARD', () => {
    expect([...classes]).toEqual([
      ['ONEZONE_IA', 4],
      ['STANDARD', 3],
    ]);
  });

  /** One line a way not to add up. */
  test.each([
    ['a row too few', 3, 3, 6],
    ['a row in the wrong class', 3, 4, 7],
    ['a row more in the scenario', 4, 3, 8],
    ['a class without a manifest', 4, null, 4],
  ])('%s', (_name, onezone, standard, rows) => {
    const copies = [
      { scenario: '3b' as const, storageClass: 'ONEZONE_IA' as const, rows: onezone },
      ...(standard === null
        ? []
        : [{ scenario: '3b' as const, storageClass: 'STANDARD' as const, rows: standard }]),
    ];
    const check = () => assertCopiesConserved([{ scenario: '3b', rows }], copies, () => classes);
    expect(check).toThrow(expect.objectContaining({ code: 'CONSERVATION_VIOLATED' }));
  });
});
