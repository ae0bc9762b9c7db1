import { z } from 'zod';

/** drill.json: what a drill did, and how long each step took. One file a drill; the trend is read from them. */

const utc = z.iso.datetime();
const seconds = z.number().min(0).describe('seconds, by the clock of the machine that ran it');
const count = z.int().min(0);

const failureSchema = z
  .strictObject({
    step: z.string().describe('what was under way'),
    code: z.string(),
    message: z.string().describe('untrusted text'),
    hint: z.string().describe('the next step; untrusted text'),
  })
  .nullable()
  .describe('why it did not come to its end; null: it did');
export type DrillFailure = NonNullable<z.infer<typeof failureSchema>>;

const plannedSchema = z
  .strictObject({
    bucket: z.string(),
    prefixes: z.array(z.string()),
    pointInTime: utc,
    seconds: seconds.nullable().describe('to plan; null: it came to no end'),
    rollbackId: z.string().nullable(),
    source: z.string().nullable().describe('where the version entries came from; untrusted text'),
    entries: count.nullable().describe('version entries in scope'),
    rows: count.nullable().describe('rows that a rollback would act on'),
    blocking: z.array(z.string()).describe('codes of the checks that stand against starting it'),
    failure: failureSchema,
  })
  .describe('a plan of a bucket in use; nothing of it was started');
export type PlannedBucket = z.infer<typeof plannedSchema>;

const wayBackSchema = z.strictObject({
  rows: count,
  planSeconds: seconds,
  runSeconds: seconds,
  rowsPerSecond: z.number().min(0),
  verifySeconds: seconds,
});

const scratchSchema = z
  .strictObject({
    bucket: z.string(),
    prefix: z.string().describe('of the objects of this drill'),
    objects: count.describe('before the incident'),
    pointInTime: utc.nullable(),
    rollback: wayBackSchema.nullable().describe('null: it came to no end'),
    undo: wayBackSchema.nullable().describe('null: it came to no end'),
    failure: failureSchema,
  })
  .describe('an incident in the scratch bucket: rolled back, verified, undone and verified');
export type TriedBucket = z.infer<typeof scratchSchema>;
export type TimedRun = z.infer<typeof wayBackSchema>;

export const drillSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    drillId: z.string().regex(/^drill-\d{8}t\d{6}z-[0-9a-f]{8}$/),
    startedAt: utc,
    finishedAt: utc,
    passed: z.boolean(),
    planned: plannedSchema.nullable(),
    scratch: scratchSchema.nullable(),
  })
  .describe('What a drill of s3-rewind did.');
export type Drill = z.infer<typeof drillSchema>;

/** @returns null for a text that is no drill.json of this version */
export function parseDrill(text: string): Drill | null {
  try {
    return drillSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** What is kept when a drill begins, and stays where it is killed. */
export function begunDrill(
  { drillId, startedAt }: Pick<Drill, 'drillId' | 'startedAt'>,
  asked: {
    bucket: string | null;
    prefixes: readonly string[];
    pointInTime: string;
    scratchBucket: string | null;
    objects: number;
  },
): Drill {
  const { bucket, prefixes, pointInTime, scratchBucket, objects } = asked;
  const halves = `${bucket === null ? '' : ` --bucket ${bucket}`}${scratchBucket === null ? '' : ' --scratch'}`;
  const failure: DrillFailure = {
    step: 'drill',
    code: 'INTERRUPTED',
    message: 'It was stopped before it came to its end, or is under way.',
    hint: `run it again, with the same options: npm run --silent s3-rewind -- drill${halves} …`,
  };
  const planned = bucket === null ? null : { ...nothingPlanned({ bucket, prefixes, pointInTime }), failure };
  const scratch =
    scratchBucket === null ? null : { ...nothingTried({ bucket: scratchBucket, drillId, objects }), failure };
  return { schemaVersion: 1, drillId, startedAt, finishedAt: startedAt, passed: false, planned, scratch };
}

/** The half of a bucket in use, before anything was done. */
export function nothingPlanned(asked: {
  bucket: string;
  prefixes: readonly string[];
  pointInTime: string;
}): PlannedBucket {
  const { bucket, prefixes, pointInTime } = asked;
  const unknown = { seconds: null, rollbackId: null, source: null, entries: null, rows: null };
  return { bucket, prefixes: [...prefixes], pointInTime, ...unknown, blocking: [], failure: null };
}

/** The half of the scratch bucket, before anything was done. */
export function nothingTried(asked: { bucket: string; drillId: string; objects: number }): TriedBucket {
  const { bucket, drillId, objects } = asked;
  const unknown = { pointInTime: null, rollback: null, undo: null };
  return { bucket, prefix: `${drillId}/`, objects, ...unknown, failure: null };
}

/** Names sort by time. @param id random hexadecimal digits */
export function drillIdOf(startedAt: string, id: string): string {
  return `drill-${startedAt.toLowerCase().replaceAll(/[-:]/g, '')}-${id}`;
}
