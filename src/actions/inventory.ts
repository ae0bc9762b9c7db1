import { writeSummary } from '../github/workflow.ts';
import { formatCodeSpan } from '../render/markdown.ts';
import { runCommand } from './command.ts';
import type { INVENTORY } from './contract/inventory.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

/** The action `inventory`: lists a bucket to a file. */
export async function listInventory({ inputs }: ActionStep<typeof INVENTORY>): Promise<ActionEnd> {
  const { answer } = await runCommand(['inventory', ...inputs.arguments()]);
  const file = inputs.text('out') ?? '';
  const { entries, keys, takenAt } = answer;
  await writeSummary(
    `### Inventory of ${formatCodeSpan(inputs.text('bucket') ?? '', { cell: false })}\n\n${formatTable(
      ['Version entries', 'Keys', 'Taken at', 'File'],
      [[String(entries), String(keys), String(takenAt), file]],
    )}`,
  );
  return {
    result: buildResult({ action: '', decision: 'listed', reasonCode: 'OK', command: answer }),
    outputs: { file },
  };
}
