import { paint } from './screen.ts';

const ROWS = 6;
const BAR_COLUMNS = 2;
/** The series of the chart, as src/review/activity-chart.ts orders them: marker of P, puts + deletes, puts. */
const ALL_SERIES = 1;
const PUTS_SERIES = 2;

/**
 * The activity chart of the comment, in characters: puts below, deletes on top, as on GitHub.
 * @param mermaid the lines of its source
 */
export function drawChart(mermaid: readonly string[]): string {
  const source = mermaid.join('\n');
  const labels = [...(/x-axis \[(.*)\]/.exec(source)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(
    ([, label = '']) => label,
  );
  const unit = /y-axis "([^"]*)"/.exec(source)?.[1] ?? '';
  const series = [...source.matchAll(/ bar \[(.*)\]/g)].map(([, values = '']) =>
    values.split(', ').map(Number),
  );
  const all = series[ALL_SERIES] ?? [];
  const puts = series[PUTS_SERIES] ?? [];
  const top = Math.max(...all, 1);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const floor = ((ROWS - 1 - row) / ROWS) * top;
    const bars = labels.map((label, column) => {
      if (label === 'P') return paint('dim', ' ┊');
      if ((all[column] ?? 0) <= floor) return ' '.repeat(BAR_COLUMNS);
      return paint((puts[column] ?? 0) > floor ? 'blue' : 'red', ` ${'█'.repeat(BAR_COLUMNS - 1)}`);
    });
    return `  ${bars.join('')}`.trimEnd();
  });
  const p = labels.indexOf('P');
  const last = labels.length - 1;
  const axis = ` ${labels[0] ?? ''}`.padEnd(2 + p * BAR_COLUMNS + 1).concat('P');
  const scale = `at most ${top} ${unit}; ${paint('blue', 'blue')} puts, ${paint('red', 'red')} deletes`;
  return [...rows, `${axis.padEnd(last * BAR_COLUMNS)}${labels[last] ?? ''}`, `  ${scale}`].join('\n');
}
