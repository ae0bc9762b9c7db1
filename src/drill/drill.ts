import { RunbookError } from '../errors.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { Progress } from '../progress.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import {
  type Drill,
  type DrillFailure,
  nothingPlanned,
  nothingTried,
  type PlannedBucket,
  type TimedRun,
  type TriedBucket,
} from './drill-file.ts';
import {
  compareState,
  type Incident,
  type IncidentCalls,
  planIncident,
  playIncident,
  putGoodState,
} from './incident.ts';
import { prepareScratch, type ScratchSite } from './scratch-bucket.ts';

/**
 * Runs a command of the command line.
 * @returns its exit status, 0 or 3, and what it answers with --json
 * @throws RunbookError what it was refused or failed with
 */
export type RunStep = (
  command: string,
  args: readonly string[],
) => Promise<{ status: number; answer: Record<string, unknown> }>;

export type DrillSite = {
  run: RunStep;
  /** milliseconds of a clock that only goes forward */
  ticks: () => number;
  progress: Progress;
  /** An empty folder for the records, which are thrown away. */
  folder: string;
};

export type ScratchDrillSite = DrillSite & {
  scratch: ScratchSite;
  calls: IncidentCalls & { serverTime(): Date };
};

/** What the commands answer, as far as a drill reads it. */
type PlanAnswer = {
  rollbackId: string;
  inventory: { location?: string; entries?: number };
  classes: readonly { entries: number }[];
  manifests: readonly { scenario: string; keys: number; rows: number }[];
  checks: readonly { code: string; level: string }[];
};

/** S3 counts whole seconds; twice that keeps both sides of the point in time apart, clocks a little off included. */
const APART_MS = 2000;
const STATUS_OK = 0;

/** Plans a bucket in use. Nothing of the plan is started, whatever it says. */
export async function drillPlan(
  site: DrillSite,
  asked: { bucket: string; prefixes: readonly string[]; pointInTime: string; options: readonly string[] },
): Promise<PlannedBucket> {
  const { bucket, prefixes, pointInTime, options } = asked;
  const found = nothingPlanned(asked);
  const step = `plan of ${bucket}`;
  site.progress(`Planning ${bucket} as it was at ${pointInTime}`, null);
  found.failure = await failureOf(step, bucket, async () => {
    const { seconds, answer } = await timed(site, 'plan', [
      `--bucket=${bucket}`,
      ...prefixes.map((prefix) => `--prefix=${prefix}`),
      `--timestamp=${pointInTime}`,
      `--out=${site.folder}/planned`,
      ...options,
    ]);
    const plan = answer as PlanAnswer & Record<string, unknown>;
    Object.assign(found, {
      seconds,
      rollbackId: plan.rollbackId,
      source: plan.inventory.location ?? null,
      entries: plan.classes.reduce((total, { entries }) => total + entries, 0),
      rows: rowsOf(plan),
      blocking: plan.checks.filter(({ level }) => level === 'blocking').map(({ code }) => code),
    } satisfies Partial<PlannedBucket>);
    if (found.blocking.length === 0) return;
    throw new RunbookError(
      'CHECKS_BLOCK',
      `${found.blocking.join(', ')} would keep a rollback of ${bucket} from starting.`,
      {
        hint: `read the checks: npm run --silent s3-rewind -- plan --bucket ${bucket} --timestamp ${pointInTime} --out drill-plan`,
      },
    );
  });
  return found;
}

/** Plays an incident in the scratch bucket, rolls it back, verifies, takes that back, verifies. */
export async function drillScratch(
  site: ScratchDrillSite,
  asked: {
    bucket: string;
    drillId: string;
    objects: number;
    settleSeconds: number;
    options: readonly string[];
  },
): Promise<TriedBucket> {
  const { bucket, objects, settleSeconds, options } = asked;
  const found = nothingTried(asked);
  const { prefix } = found;
  const incident = planIncident(prefix, objects);
  const { calls, scratch, progress } = site;
  const { pause } = scratch;
  const record = `${site.folder}/rollback`;
  const undo = `${site.folder}/undo`;
  const steps: [step: string, work: () => Promise<void>][] = [
    [`preparation of ${bucket}`, () => prepareScratch(scratch, bucket, settleSeconds)],
    [
      'incident',
      async () => {
        await putGoodState(calls, bucket, incident, pause);
        await pause(APART_MS);
        // Any answer brings the store's clock.
        await compareGood(site, bucket, prefix, incident);
        found.pointInTime = formatInstant(calls.serverTime());
        await pause(APART_MS);
        await playIncident(calls, bucket, incident, pause);
      },
    ],
    [
      'rollback',
      async () => {
        const planned = await timed(site, 'plan', [
          '--list',
          `--bucket=${bucket}`,
          `--prefix=${prefix}`,
          `--timestamp=${found.pointInTime}`,
          `--out=${record}`,
          ...options,
        ]);
        assertExpected(planned.answer as PlanAnswer & Record<string, unknown>, incident);
        found.rollback = await runAndVerify(site, record, planned, options);
        assertSame('rollback', await compareGood(site, bucket, prefix, incident));
      },
    ],
    [
      'undo',
      async () => {
        const planned = await timed(site, 'undo', [`--record=${record}`, `--out=${undo}`, ...options]);
        found.undo = await runAndVerify(site, undo, planned, options);
        assertSame('undo', await compareState(calls, { bucket, prefix }, incident.bad, pause));
      },
    ],
  ];
  for (const [step, work] of steps) {
    progress(`Drill: ${step}`, null);
    found.failure = await failureOf(step, bucket, work);
    if (found.failure !== null) break;
  }
  return found;
}

/** Whether all that was tried came to its end. */
export function hasPassed({ planned, scratch }: Pick<Drill, 'planned' | 'scratch'>): boolean {
  return failuresOf({ planned, scratch }).length === 0;
}

export function failuresOf({ planned, scratch }: Pick<Drill, 'planned' | 'scratch'>): DrillFailure[] {
  return [planned?.failure, scratch?.failure].filter((failure) => failure != null);
}

type Timed = { seconds: number; status: number; answer: Record<string, unknown> };

async function timed(site: DrillSite, command: string, args: readonly string[]): Promise<Timed> {
  const start = site.ticks();
  const end = await site.run(command, args);
  return { ...end, seconds: Math.round(site.ticks() - start) / 1000 };
}

async function runAndVerify(
  site: DrillSite,
  record: string,
  planned: Timed,
  options: readonly string[],
): Promise<TimedRun> {
  const rows = rowsOf(planned.answer as PlanAnswer & Record<string, unknown>);
  const run = await timed(site, 'start-jobs', [`--record=${record}`, '--yes', ...options]);
  if (run.status !== STATUS_OK) {
    throw failed(`Rows were left as they are: ${JSON.stringify(run.answer.outcomes)}.`);
  }
  const verified = await timed(site, 'verify', [`--record=${record}`, ...options]);
  if (verified.status !== STATUS_OK) throw failed('The verification found differences.');
  return {
    rows,
    planSeconds: planned.seconds,
    runSeconds: run.seconds,
    rowsPerSecond: run.seconds === 0 ? 0 : Math.round((rows / run.seconds) * 10) / 10,
    verifySeconds: verified.seconds,
  };
}

function rowsOf({ manifests }: Pick<PlanAnswer, 'manifests'>): number {
  return manifests.reduce((total, { rows }) => total + rows, 0);
}

function compareGood(
  { calls, scratch }: ScratchDrillSite,
  bucket: string,
  prefix: string,
  { good }: Incident,
) {
  return compareState(calls, { bucket, prefix }, good, scratch.pause);
}

function assertExpected({ manifests }: PlanAnswer, { expected }: Incident): void {
  const found = Object.fromEntries(
    manifests.filter(({ keys }) => keys > 0).map(({ scenario, keys }) => [scenario, keys]),
  );
  const isSame = [...new Set([...Object.keys(found), ...Object.keys(expected)])].every(
    (scenario) => (found[scenario] ?? 0) === (expected[scenario as keyof typeof expected] ?? 0),
  );
  if (isSame) return;
  throw failed(
    `The plan has ${JSON.stringify(found)} keys by scenario, the incident needs ${JSON.stringify(expected)}.`,
  );
}

function assertSame(what: string, found: Awaited<ReturnType<typeof compareState>>): void {
  if (found.differences === 0) return;
  throw failed(
    `After the ${what} ${found.differences} keys are not as they have to be, '${found.example}' among them.`,
  );
}

function failed(message: string): RunbookError {
  return new RunbookError('DRILL_FAILED', message, {
    hint: 'run the drill again; if it fails again, run its steps one by one on a scratch bucket: docs/getting-started.md',
  });
}

/** @throws what is no refusal or failure of a step, and INTERRUPTED */
async function failureOf(
  step: string,
  bucket: string,
  work: () => Promise<void>,
): Promise<DrillFailure | null> {
  try {
    await work();
    return null;
  } catch (cause) {
    const error = refusalOf(cause, bucket);
    if (!(error instanceof RunbookError) || error.code === 'INTERRUPTED') throw error;
    const { code, message, hint } = error;
    return { step, code, message, hint };
  }
}
