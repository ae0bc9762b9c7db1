import process from 'node:process';
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { CheckStatus, DoctorCheck } from '../doctor/check.ts';
import { CHECK_AREAS, CHECK_KINDS, type CheckArea } from '../doctor/codes.ts';
import type { DoctorReport } from '../doctor/diagnose.ts';
import { printable } from '../s3/printable.ts';

const WORDS: Record<CheckStatus, string> = {
  ok: 'ok',
  warning: 'warning',
  problem: 'PROBLEM',
  unreadable: 'UNREADABLE',
  'not-checked': 'not checked',
};
const COLOURS = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  unreadable: 'red',
  'not-checked': 'gray',
} as const satisfies Record<CheckStatus, string>;

const STATUS_COLUMNS = 13;
const CODE_COLUMNS = 29;
const BORDER_COLUMNS = 4;
const PADDING_COLUMNS = 2;
/** Narrower than the widest terminals: lines of text that long are hard to read. */
const MAX_COLUMNS = 140;
const MIN_COLUMNS = 80;

/** What `doctor` prints for a person: a table for each area that was looked at, and what it comes to. */
export function doctorSummary(report: DoctorReport): string {
  const areas = (Object.keys(CHECK_AREAS) as CheckArea[]).map((area) => ({
    area,
    checks: report.checks.filter(({ code }) => CHECK_KINDS[code].area === area),
  }));
  const isAsked = ({ checks }: { checks: readonly DoctorCheck[] }) =>
    checks.some(({ status }) => status !== 'not-checked');
  return [
    ...areas
      .filter(isAsked)
      .flatMap(({ area, checks }) => [CHECK_AREAS[area], areaTable(checks, report.accepted), '']),
    ...areas
      .filter((one) => !isAsked(one))
      .map(({ area, checks }) => `Not checked: ${CHECK_AREAS[area]}; ${checks[0]?.fix ?? ''}`),
    '',
    verdict(report),
  ]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

function areaTable(checks: readonly DoctorCheck[], accepted: DoctorReport['accepted']): string {
  const columns = Math.min(Math.max(process.stdout.columns ?? MAX_COLUMNS, MIN_COLUMNS), MAX_COLUMNS);
  const textColumns = columns - STATUS_COLUMNS - CODE_COLUMNS - BORDER_COLUMNS;
  const table = new Table({
    colWidths: [STATUS_COLUMNS, CODE_COLUMNS, textColumns],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const { code, subject, status, found, fix } of checks) {
    const isAccepted = accepted.includes(code) && (status === 'problem' || status === 'unreadable');
    table.push([
      paint(status, isAccepted ? 'accepted' : WORDS[status]),
      code,
      [subject === '' ? found : `${subject}: ${found}`, ...(fix === null ? [] : [`Next: ${fix}`])]
        .map((text) => breakLongWords(printable(text), textColumns - PADDING_COLUMNS))
        .join('\n'),
    ]);
  }
  return table.toString();
}

/** The table cuts off what has no space to break at, such as an ARN. Characters beyond ASCII may be two columns wide. */
function breakLongWords(text: string, columns: number): string {
  return text
    .split(' ')
    .map((word) => {
      const most = /^[ -~]*$/.test(word) ? columns : Math.floor(columns / 2);
      return (word.match(new RegExp(`.{1,${most}}`, 'gu')) ?? []).join('\n');
    })
    .join(' ');
}

function verdict({ ready, counts }: DoctorReport): string {
  const told = (Object.keys(counts) as CheckStatus[])
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${WORDS[status].toLowerCase()}`)
    .join(', ');
  return `${ready ? paint('ok', 'Ready') : paint('problem', 'Not ready')}: ${told}`;
}

/** Colour on a terminal only, and not where NO_COLOR is set. */
function paint(status: CheckStatus, text: string): string {
  return styleText(COLOURS[status], text, { stream: process.stdout });
}
