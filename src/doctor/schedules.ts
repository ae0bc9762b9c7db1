import { checksOf, type DoctorCheck, type Reading } from './check.ts';
import type { RepositoryFacts } from './github-facts.ts';
import type { ScheduledWorkflow, WorkflowFacts } from './schedule-facts.ts';

/** The workflows that s3-rewind has for a schedule; each is looked at unless others are named. */
export const DEFAULT_WORKFLOWS = ['cleanup.yml', 'drill.yml', 'extend-retention.yml'] as const;
/** Without Object Lock there is nothing to extend. */
const WITH_OBJECT_LOCK = 'extend-retention.yml';

const MS_PER_DAY = 86_400_000;
/** Schedules of public repositories are disabled after 60 days without activity; there is time left to act before. */
const MAX_QUIET_DAYS = 45;

/** @param named whether the workflows were asked for by name, so that none may be missing */
export function checkSchedules(
  workflows: readonly ScheduledWorkflow[],
  repository: Reading<RepositoryFacts>,
  { named, name, now }: { named: boolean; name: string; now: Date },
): DoctorCheck[] {
  return [
    ...workflows.flatMap(({ file, reading }) => {
      const check = checksOf(file);
      if (!reading.readable) return [check.unreadable('SCHEDULE_ENABLED', reading)];
      return reading.value === null ? [missing(file, named)] : checkWorkflow(file, reading.value, now);
    }),
    checkActivity(repository, name, now),
  ];
}

function missing(file: string, named: boolean): DoctorCheck {
  const check = checksOf(file);
  const found = `there is no workflow .github/workflows/${file} on GitHub`;
  if (named) {
    return check.problem(
      'SCHEDULE_ENABLED',
      found,
      'check the name; GitHub knows a workflow once it is on the default branch',
    );
  }
  const fix = `copy ${file} from examples/workflows to the default branch, or name your own with --workflow`;
  return file === WITH_OBJECT_LOCK
    ? check.notChecked('SCHEDULE_ENABLED', `${found}; only buckets under Object Lock need it`, fix)
    : check.warning('SCHEDULE_ENABLED', found, fix);
}

function checkWorkflow(file: string, { state, crons, lastRun }: WorkflowFacts, now: Date): DoctorCheck[] {
  const check = checksOf(file);
  if (state !== 'active') {
    const why =
      state === 'disabled_inactivity'
        ? 'GitHub disabled it, after 60 days without activity in the repository'
        : `it is disabled (${state})`;
    return [check.problem('SCHEDULE_ENABLED', why, `gh workflow enable ${file}`)];
  }
  if (!crons.readable) return [check.unreadable('SCHEDULE_ENABLED', crons)];
  if (crons.value.length === 0) {
    return [
      check.problem(
        'SCHEDULE_ENABLED',
        'it is enabled, and has no schedule on the default branch',
        `add \`on: schedule\` to ${file}; examples/workflows has it`,
      ),
    ];
  }
  return [
    check.ok('SCHEDULE_ENABLED', `enabled, at ${crons.value.map((cron) => `'${cron}'`).join(', ')}`),
    checkLastRun(file, crons.value, lastRun, now),
  ];
}

function checkLastRun(
  file: string,
  crons: readonly string[],
  lastRun: WorkflowFacts['lastRun'],
  now: Date,
): DoctorCheck {
  const check = checksOf(file);
  if (!lastRun.readable) return check.unreadable('SCHEDULE_LAST_RUN', lastRun);
  if (lastRun.value === null) {
    return check.warning(
      'SCHEDULE_LAST_RUN',
      'its schedule has not started a run yet',
      `wait for it, or try the workflow by hand: gh workflow run ${file}`,
    );
  }
  const { created_at: at, status, conclusion, html_url: url } = lastRun.value;
  const ageDays = (now.getTime() - Date.parse(at)) / MS_PER_DAY;
  const limit = Math.min(...crons.map(longestGapDays));
  // Not "age > limit": a time that is no time must not pass.
  if (!(ageDays <= limit)) {
    return check.problem(
      'SCHEDULE_LAST_RUN',
      `its last scheduled run is of ${at}; ${limit} days are the most for this schedule`,
      `gh workflow disable ${file} && gh workflow enable ${file}; an edit of the cron line makes its author the one it runs as`,
    );
  }
  if (status !== 'completed') return check.ok('SCHEDULE_LAST_RUN', `the run of ${at} has not ended yet`);
  return conclusion === 'success'
    ? check.ok('SCHEDULE_LAST_RUN', `succeeded at ${at}`)
    : check.problem(
        'SCHEDULE_LAST_RUN',
        `the run of ${at} ended as ${conclusion ?? 'nothing'}`,
        `look at ${url}`,
      );
}

/** Two turns and a day: GitHub starts schedules late, and drops some under load. */
function longestGapDays(cron: string): number {
  const [, , dayOfMonth = '*', month = '*', dayOfWeek = '*'] = cron.trim().split(/\s+/);
  const turn = month !== '*' ? 366 : dayOfMonth !== '*' ? 31 : dayOfWeek !== '*' ? 7 : 1;
  return 2 * turn + 1;
}

function checkActivity(repository: Reading<RepositoryFacts>, name: string, now: Date): DoctorCheck {
  const check = checksOf(name);
  if (!repository.readable) return check.unreadable('SCHEDULE_INACTIVITY', repository);
  const { private: isPrivate, pushed_at: pushedAt } = repository.value;
  if (isPrivate) return check.ok('SCHEDULE_INACTIVITY', 'private: GitHub does not disable its schedules');
  const quietDays = (now.getTime() - Date.parse(pushedAt ?? '')) / MS_PER_DAY;
  if (quietDays <= MAX_QUIET_DAYS) return check.ok('SCHEDULE_INACTIVITY', `last push at ${pushedAt}`);
  return check.warning(
    'SCHEDULE_INACTIVITY',
    `${pushedAt === null ? 'no push yet' : `last push at ${pushedAt}`}; GitHub disables schedules of a public repository after 60 days without activity`,
    'push a commit',
  );
}
