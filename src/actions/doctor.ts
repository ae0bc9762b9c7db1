import process from 'node:process';
import { failing } from '../doctor/check.ts';
import { CHECK_AREAS, CHECK_KINDS, type CheckArea } from '../doctor/codes.ts';
import type { DoctorReport } from '../doctor/diagnose.ts';
import { annotate, writeSummary } from '../github/workflow.ts';
import { runCommand } from './command.ts';
import type { DOCTOR } from './contract/doctor.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

/** GitHub shows ten errors and ten warnings of a step; one error is that of the step itself. */
const MAX_ERRORS = 9;
const MAX_WARNINGS = 10;

/** The action `doctor`: checks that a rollback would work. */
export async function runDoctorAction({ inputs }: ActionStep<typeof DOCTOR>): Promise<ActionEnd> {
  // The command takes the token from here: an argument could be seen in the list of processes.
  const token = inputs.text('github-token');
  if (token !== null) process.env.GITHUB_TOKEN = token;
  // The repository has an expression for a default, which the runner fills in.
  const { answer } = await runCommand(['doctor', ...inputs.arguments()]);
  const report = answer as DoctorReport;
  const failed = failing(report.checks, report.accepted);
  for (const { code, subject, found, fix } of failed.slice(0, MAX_ERRORS))
    annotate('error', code, `${subject}: ${found} Next: ${fix ?? ''}`);
  const warnings = report.checks.filter(({ status }) => status === 'warning');
  for (const { code, subject, found } of warnings.slice(0, MAX_WARNINGS))
    annotate('warning', code, `${subject}: ${found}`);
  await writeSummary(describeReport(report));
  const [first] = failed;
  return {
    result: buildResult({
      action: '',
      ...(first === undefined
        ? { decision: 'ready', reasonCode: 'OK' }
        : {
            decision: 'not-ready',
            reasonCode: 'NOT_READY',
            message: `${failed.length} of ${report.checks.length} checks stand against a rollback, ${first.code} first.`,
            hint: 'see the table in the summary of the run: it says of each what to do',
          }),
      command: answer,
    }),
    outputs: { problems: String(failed.length) },
  };
}

function describeReport({ ready, checks, accepted }: DoctorReport): string {
  const areas = (Object.keys(CHECK_AREAS) as CheckArea[]).map((area) => {
    const rows = checks
      .filter(({ code }) => CHECK_KINDS[code].area === area)
      .map(({ code, subject, status, found, fix }) => [
        accepted.includes(code) && status !== 'ok' ? `${status} (accepted)` : status,
        code,
        subject,
        found,
        fix ?? '',
      ]);
    return `#### ${CHECK_AREAS[area]}\n\n${formatTable(['', 'Check', 'Of', 'Found', 'What to do'], rows)}`;
  });
  return [`### Doctor: ${ready ? 'ready' : 'not ready'}`, ...areas].join('\n\n');
}
