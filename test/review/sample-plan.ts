import { createHash } from 'node:crypto';
import type {
  Activity,
  Check,
  ClassCount,
  Estimate,
  PlanManifest,
  RollbackPlan,
  Sample,
  SampleEntry,
} from '../../src/plan/plan-file.ts';
import {
  type KeyClass,
  MODE_SCENARIOS,
  type Mode,
  SCENARIO_OPERATIONS,
  SCENARIOS,
  type Scenario,
  UNCERTAIN_CLASSES,
} from '../../src/s3/rollback.ts';

/**
 * Realistic plans for the tests of the review: a product catalogue whose images a clean-up job deleted at 11:05 UTC.
 * The numbers agree with each other as those of a real plan do.
 */

export const POINT_IN_TIME = '2025-08-22T11:01:00Z';

export type SamplePlanOptions = {
  bucket?: string;
  mode?: Mode;
  /** of Copy to Bucket */
  overwrite?: boolean;
  origin?: RollbackPlan['origin'];
  /** Keys of each planned scenario. */
  scenarios?: Partial<Record<Scenario, number>>;
  /** Keys of each class that is left alone. */
  leftAlone?: Partial<Record<KeyClass, number>>;
  checks?: Check[];
  prefixes?: string[];
  topPrefixes?: { prefix: string; keys: number }[];
  samples?: Sample[];
  activity?: Activity;
  /** Keys for one sample each, in every planned scenario. */
  sampleKeys?: string[];
};

const SCENARIO_CLASSES: Record<Scenario, KeyClass> = {
  '1': 'add-delete-marker',
  '2': 'remove-delete-markers',
  '3a': 'copy-after-restore',
  '3b': 'copy',
  '3c': 'copy-multipart',
  '4': 'remove-delete-markers',
  '5a': 'copy-after-restore',
  '5b': 'copy',
};

const AVERAGE_BYTES: Record<Scenario, number> = {
  '1': 184_220,
  '2': 2_418_330,
  '3a': 48_330_112,
  '3b': 1_204_118,
  '3c': 7_812_440_064,
  '4': 2_418_330,
  '5a': 48_330_112,
  '5b': 1_204_118,
};

const INCIDENT = {
  scenarios: { '1': 1208, '2': 318_204, '3a': 412, '3b': 93_482, '3c': 12 },
  leftAlone: {
    unchanged: 47_781_960,
    'already-absent': 16_415,
    ambiguous: 3,
    'suspect-multipart': 34,
  },
} satisfies SamplePlanOptions;

export const INCIDENT_CHECKS: Check[] = [
  {
    code: 'TIES_UNDECIDED',
    level: 'warning',
    message:
      '3 keys have two entries in the second that decides, and the inventory does not carry the order of the listing.',
    hint: 'an inventory that carries the order (an `ordinal` or `sequence_number` column) decides them',
  },
  {
    code: 'MULTIPART_IN_FLIGHT',
    level: 'warning',
    message:
      '34 keys were uploaded in parts that began within 24 hours before the point in time; S3 stamps them with their beginning.',
    hint: 'read the review lists; to act on them anyway, plan again with --include-uncertain',
  },
  {
    code: 'BUCKET_NOT_CHECKED',
    level: 'info',
    message:
      'Planned from files: versioning, MFA delete, Object Lock and replication of the bucket were not looked at.',
    hint: 'aws s3api get-bucket-versioning --bucket acme-catalogue-prod',
  },
];

/** Builds a plan. Without options: the incident, all scenarios of Bucket Rollback. */
export function buildSamplePlan(options: SamplePlanOptions = {}): RollbackPlan {
  const mode = options.mode ?? 'bucket-rollback';
  const bucket = options.bucket ?? 'acme-catalogue-prod';
  const scenarios = options.scenarios ?? INCIDENT.scenarios;
  const leftAlone = options.leftAlone ?? INCIDENT.leftAlone;
  const manifests = buildManifests(scenarios);
  const classes = buildClasses(scenarios, leftAlone);
  const keysInScope = classes.reduce((total, { keys }) => total + keys, 0);
  const entries = classes.reduce((total, row) => total + row.entries, 0);
  return {
    schemaVersion: 1,
    rollbackId: `rb-${bucket}-20250822t110100z-44eb19ee`,
    digest: sha256(`plan of ${bucket} ${JSON.stringify(scenarios)}`),
    createdAt: '2025-08-22T13:44:12Z',
    origin: options.origin ?? 'rollback',
    inputs: {
      bucket,
      timestamp: POINT_IN_TIME,
      mode,
      prefixes: options.prefixes ?? [],
      scenarios: [...MODE_SCENARIOS[mode]],
      destinationBucket: mode === 'copy-to-bucket' ? 'acme-catalogue-recovered' : null,
      storageClass: 'as-source',
      kmsKeyArn: null,
      markers: 'remove',
      multipartWindowSeconds: 86_400,
      noncurrentExpirationDays: 30,
      includeUncertain: [],
      ...(options.overwrite && { overwrite: true }),
    },
    inventory: {
      format: 's3-inventory-parquet',
      location: 's3://acme-inventory/acme-catalogue-prod/daily/',
      files: 24,
      bytes: 2_914_408_211,
      sha256: sha256('inventory'),
      takenAt: '2025-08-22T13:22:07Z',
      order: 'last-modified',
      entries,
      entriesInScope: entries,
      keysInScope,
      newestEntry: '2025-08-22T13:21:58Z',
    },
    classes,
    manifests,
    undoManifests: [],
    reviewLists: UNCERTAIN_CLASSES.filter(
      (name) => (leftAlone as Record<string, number>)[name] !== undefined,
    ).map((name) => ({
      class: name,
      path: `review/${name}.csv`,
      rows: (leftAlone as Record<string, number>)[name] ?? 0,
      bytes: 4210,
      sha256: sha256(name),
    })),
    sql: [
      { path: 'sql/changed-keys.sql', sha256: sha256('changed-keys.sql') },
      { path: 'sql/manifests.sql', sha256: sha256('manifests.sql') },
    ],
    template: { path: 'template.yaml', sha256: sha256('template.yaml') },
    samples: options.samples ?? buildSamples(scenarios, leftAlone, options.sampleKeys ?? SAMPLE_KEYS),
    activity: options.activity ?? buildActivity(),
    topPrefixes: options.topPrefixes ?? TOP_PREFIXES,
    estimate: buildEstimate(manifests),
    checks: options.checks ?? INCIDENT_CHECKS,
  };
}

const TOP_PREFIXES = [
  { prefix: 'images/2025/', keys: 201_877 },
  { prefix: 'images/2024/', keys: 103_310 },
  { prefix: 'thumbnails/', keys: 61_204 },
  { prefix: 'feeds/retail/', keys: 22_418 },
  { prefix: 'images/archive/', keys: 13_551 },
  { prefix: 'feeds/wholesale/', keys: 6_204 },
  { prefix: 'videos/', keys: 2_871 },
  { prefix: 'exports/nightly/', keys: 1_530 },
  { prefix: 'drafts/', keys: 318 },
  { prefix: 'config/', keys: 35 },
];

const SAMPLE_KEYS = [
  'images/2025/08/shoe-48812-front.jpg',
  'images/2025/08/shoe-48812-side.jpg',
  'images/2024/11/côte d’azur/été 01.jpg',
];

/** Puts and deletes of 15 minutes each, three hours before P and the time up to the inventory after it, as the plan cuts them. */
export function buildActivity(): Activity {
  const puts = [7904, 8120, 8317, 8210, 9388, 10_432, 9405, 9377, 11_460, 12_512, 10_498, 9471];
  const deletes = [88, 120, 97, 113, 90, 208, 172, 94, 311, 100, 206, 143];
  const putsAfter = [21_118, 41_390, 34_204, 11_102, 9466, 10_402, 9398, 8377, 9421, 6200];
  const deletesAfter = [98_204, 150_622, 69_310, 877, 102, 90, 105, 83, 91, 40];
  const start = (offset: number) =>
    `${new Date(Date.parse(POINT_IN_TIME) + offset * 900_000).toISOString().slice(0, 19)}Z`;
  return {
    intervalSeconds: 900,
    intervals: [
      ...puts.map((count, i) => ({
        start: start(i - puts.length),
        afterPointInTime: false,
        puts: count,
        deletes: deletes[i] ?? 0,
      })),
      ...putsAfter.map((count, i) => ({
        start: start(i),
        afterPointInTime: true,
        puts: count,
        deletes: deletesAfter[i] ?? 0,
      })),
    ],
  };
}

function buildManifests(scenarios: Partial<Record<Scenario, number>>): PlanManifest[] {
  return SCENARIOS.flatMap((scenario) => {
    const keys = scenarios[scenario];
    if (keys === undefined || keys === 0) return [];
    const rows = scenario === '2' ? keys + Math.floor(keys / 40) : keys;
    return [
      {
        scenario,
        operation: SCENARIO_OPERATIONS[scenario],
        keys,
        path: `manifests/scenario${scenario}.csv`,
        rows,
        bytes: rows * 142,
        sha256: sha256(`scenario${scenario}`),
      },
    ];
  });
}

function buildClasses(
  scenarios: Partial<Record<Scenario, number>>,
  leftAlone: Partial<Record<KeyClass, number>>,
): ClassCount[] {
  return [
    ...SCENARIOS.flatMap((scenario) => {
      const keys = scenarios[scenario] ?? 0;
      return keys === 0
        ? []
        : [
            {
              class: SCENARIO_CLASSES[scenario],
              scenario,
              keys,
              entries: keys * 2,
              bytes: keys * AVERAGE_BYTES[scenario],
            },
          ];
    }),
    ...Object.entries(leftAlone).map(([name, keys]) => ({
      class: name as KeyClass,
      scenario: null,
      keys,
      entries: keys,
      bytes: 0,
    })),
  ];
}

function buildSamples(
  scenarios: Partial<Record<Scenario, number>>,
  leftAlone: Partial<Record<KeyClass, number>>,
  keys: string[],
): Sample[] {
  const version = (key: string, lastModified: string, bytes: number): SampleEntry => ({
    versionId: createHash('sha256').update(`${key}${lastModified}`).digest('base64url').slice(0, 32),
    deleteMarker: false,
    lastModified,
    bytes,
    storageClass: 'STANDARD',
  });
  const marker = (key: string): SampleEntry => ({
    versionId: createHash('sha256').update(`${key}marker`).digest('base64url').slice(0, 32),
    deleteMarker: true,
    lastModified: '2025-08-22T11:19:40Z',
    bytes: null,
    storageClass: null,
  });
  return [
    ...SCENARIOS.filter((scenario) => (scenarios[scenario] ?? 0) > 0).flatMap((scenario) =>
      keys.map((key) => ({
        scenario,
        class: SCENARIO_CLASSES[scenario],
        key,
        current:
          scenario === '2' || scenario === '4' ? marker(key) : version(key, '2025-08-22T11:24:02Z', 18_220),
        wanted: scenario === '1' ? null : version(key, '2025-06-02T08:14:31Z', AVERAGE_BYTES[scenario]),
      })),
    ),
    ...UNCERTAIN_CLASSES.filter((name) => (leftAlone[name] ?? 0) > 0).map((name) => ({
      scenario: null,
      class: name,
      key: `videos/2025/${name}.mp4`,
      current: version(name, '2025-08-22T10:58:11Z', 812_440_064),
      wanted: null,
    })),
  ];
}

function buildEstimate(manifests: PlanManifest[]): Estimate {
  const scenarios = manifests.map(({ scenario, rows, operation }) => {
    const isCopy = operation.startsWith('copy') && operation !== 'copy-after-restore';
    const isListedOnly = operation === 'copy-after-restore';
    const requests = isListedOnly ? 0 : rows * (isCopy ? 0.0000054 : 0.0000006);
    return {
      scenario,
      batch: {
        tasks: isListedOnly ? 0 : Math.ceil(rows / 1000),
        costUsd: isListedOnly ? 0 : 0.25 + requests * 1.1,
        seconds: isListedOnly ? 0 : 240 + rows / (isCopy ? 90 : 1200),
      },
      direct: {
        tasks: isListedOnly ? 0 : rows,
        costUsd: requests,
        seconds: isListedOnly ? 0 : rows / (isCopy ? 14 : 900),
      },
      nativeCopy:
        scenario === '3b' ? { tasks: rows, costUsd: 0.25 + rows * 0.000006, seconds: rows / 300 } : null,
    };
  });
  const totalOf = (pick: (row: (typeof scenarios)[number]) => Estimate['totals']['batch']) => ({
    tasks: scenarios.reduce((sum, row) => sum + pick(row).tasks, 0),
    costUsd: scenarios.reduce((sum, row) => sum + pick(row).costUsd, 0),
    seconds: scenarios.reduce((sum, row) => sum + pick(row).seconds, 0),
  });
  const hasCopies = scenarios.some(({ scenario }) => scenario === '3b');
  return {
    prices: { name: 'AWS public list prices', region: 'us-east-1', asOf: '2025-08-01' },
    query: { bytesScanned: 2_914_408_211, costUsd: 0.0146, seconds: 9 },
    scenarios,
    totals: {
      batch: totalOf(({ batch }) => batch),
      direct: totalOf(({ direct }) => direct),
      nativeCopy: hasCopies ? totalOf(({ nativeCopy, batch }) => nativeCopy ?? batch) : null,
    },
    extras: hasCopies
      ? [
          {
            code: 'copies-storage',
            text: 'Storage of the copies (STANDARD) for as long as they are kept, at list price without volume discount.',
            costUsd: 4.75,
            per: 'month',
          },
          {
            code: 'kms-requests',
            text: 'Requests to AWS KMS, where versions or copies are encrypted with KMS keys, at $0.03 per 10,000.',
            costUsd: null,
            per: 'once',
          },
        ]
      : [],
  };
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
