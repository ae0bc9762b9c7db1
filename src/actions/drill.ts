import { failuresOf } from '../drill/drill.ts';
import type { Drill, TimedRun } from '../drill/drill-file.ts';
import { type DrillTrend, MEASURES, type MeasureTrend, sparkline } from '../drill/trend.ts';
import type { ErrorCode } from '../errors.ts';
import { annotate, writeSummary } from '../github/workflow.ts';
import { formatCount } from '../review/figures.ts';
import { runCommand } from './command.ts';
import type { DRILL } from './contract/drill.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

type DrillAnswer = { history: string | null; unreadable: number; drill: Drill; trend: DrillTrend };

/** The action `drill`: whether a rollback works, how long it takes, and how that changes. */
export async function runDrillAction({ inputs }: ActionStep<typeof DRILL>): Promise<ActionEnd> {
  const { answer } = await runCommand(['drill', ...inputs.arguments()]);
  const told = answer as DrillAnswer & Record<string, unknown>;
  const slower = told.trend.measures.filter(({ isSlower }) => isSlower);
  for (const { name, now, median } of slower) {
    annotate('warning', 'Slower than before', `${MEASURES[name]}: ${now} s, before ${median} s.`);
  }
  await writeSummary(describeDrill(told));
  const [failure] = failuresOf(told.drill);
  return {
    result: buildResult({
      action: '',
      ...(failure === undefined
        ? { decision: 'done', reasonCode: 'OK' }
        : {
            decision: 'incomplete',
            reasonCode: failure.code as ErrorCode,
            message: `${failure.step}: ${failure.message}`,
            hint: failure.hint,
          }),
      command: answer,
    }),
    outputs: { slower: slower.map(({ name }) => MEASURES[name]).join(', ') },
  };
}

/** The summary of the run. */
export function describeDrill({ drill, trend, history, unreadable }: DrillAnswer): string {
  const { planned, scratch, passed } = drill;
  const parts = [`### Drill: ${passed ? 'passed' : 'failed'}`];
  const rows = [
    ...(planned === null || planned.seconds === null
      ? []
      : [
          [
            `Plan of ${planned.bucket} as it was at ${planned.pointInTime}; nothing of it was started`,
            formatCount(planned.rows ?? 0),
            `${planned.seconds} s`,
            '',
            '',
            '',
          ],
        ]),
    ...describeRun('Rollback in the scratch bucket', scratch?.rollback ?? null),
    ...describeRun('Undo in the scratch bucket', scratch?.undo ?? null),
  ];
  if (rows.length > 0) parts.push(formatTable(['', 'Rows', 'Plan', 'Run', 'Rows a second', 'Verify'], rows));
  const failures = failuresOf(drill).map(({ step, code, message, hint }) => [step, code, message, hint]);
  if (failures.length > 0) parts.push(formatTable(['Failed at', 'Code', 'Found', 'What to do'], failures));
  if (history === null)
    parts.push('Not kept: `record-bucket` or `history` keeps drills, and shows how they change.');
  else parts.push(describeTrend(trend, unreadable));
  return parts.join('\n\n');
}

function describeRun(what: string, run: TimedRun | null): string[][] {
  if (run === null) return [];
  const { rows, planSeconds, runSeconds, rowsPerSecond, verifySeconds } = run;
  return [
    [
      what,
      formatCount(rows),
      `${planSeconds} s`,
      `${runSeconds} s`,
      String(rowsPerSecond),
      `${verifySeconds} s`,
    ],
  ];
}

/** The trend as lines of bars, and every drill of it in a table that is folded away. */
function describeTrend({ drills, measures, failures }: DrillTrend, unreadable: number): string {
  const lines = measures.map(({ name, values, now, median, isSlower }) => [
    MEASURES[name],
    sparkline(values),
    shown(name, now),
    shown(name, median),
    isSlower ? 'slower' : '',
  ]);
  const rows = drills.map(({ startedAt, passed, code }, place) => [
    startedAt,
    passed ? 'passed' : `failed: ${code ?? ''}`,
    ...measures.map(({ name, values }) => shown(name, values[place] ?? null)),
  ]);
  const names = measures.map(({ name }) => MEASURES[name]);
  return [
    `#### The last ${drills.length} drills like this one, ${failures} of them failed`,
    formatTable(['', 'Oldest to newest', 'Now', 'Median before', ''], lines),
    `<details><summary>Every one of them</summary>\n\n${formatTable(['Started', '', ...names], rows.toReversed())}\n</details>\n`,
    ...(unreadable === 0 ? [] : [`${unreadable} files of the history are no drills of this version.\n`]),
  ].join('\n\n');
}

function shown(name: MeasureTrend['name'], value: number | null): string {
  if (value === null) return '–';
  return name === 'rowsPerSecond' ? String(value) : `${value} s`;
}
