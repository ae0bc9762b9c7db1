import { writeSummary } from '../github/workflow.ts';
import { formatCodeSpan } from '../render/markdown.ts';
import { formatCount } from '../review/figures.ts';
import type { StateVerification } from '../verify/state.ts';
import type { Verification } from '../verify/verify.ts';
import { runCommand } from './command.ts';
import type { VERIFY } from './contract/verify.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

/** What `verify --json` answers. */
export type VerifyAnswer = Verification & {
  rollbackId: string;
  planDigest: string;
  agrees: boolean;
  state: StateVerification | null;
};

type SetAnswer = VerifyAnswer & { bucket: string };

/** The action `verify`: compares outcomes and bucket with the plan. */
export async function verifyRollback({ inputs }: ActionStep<typeof VERIFY>): Promise<ActionEnd> {
  const { answer } = await runCommand(['verify', ...inputs.arguments()]);
  // A set answers with its members, and bears names of its own.
  const { members, setId, setDigest } = answer as {
    members?: SetAnswer[];
    setId?: string;
    setDigest?: string;
  };
  const found = answer as VerifyAnswer;
  const levels = members === undefined ? describeLevels(found) : describeMembers(members);
  await writeSummary(`### Verification\n\n${levels}`);
  return {
    result: buildResult({
      action: '',
      ...(found.agrees
        ? { decision: 'agrees', reasonCode: 'OK' }
        : {
            decision: 'differs',
            reasonCode: 'DIFFERENCES_FOUND',
            message: 'The verification found differences.',
            hint: 'keys that were written since the run differ rightly; see the summary of the run for the others',
          }),
      rollbackId: setId ?? found.rollbackId,
      planDigest: setDigest ?? found.planDigest,
      command: answer,
    }),
  };
}

/** One table for a set, and of each member that differs what differs. */
function describeMembers(members: readonly SetAnswer[]): string {
  const verdict = (agrees: boolean) => (agrees ? 'agrees' : 'differs');
  const rows = members.map(({ bucket, reconcile, live, state }) => [
    bucket,
    `${formatCount(reconcile.rows)}, ${verdict(reconcile.agrees)}`,
    `${formatCount(live.compared)}, ${verdict(live.agrees)}`,
    state === null ? 'not compared' : `${formatCount(state.compared)}, ${verdict(state.agrees)}`,
  ]);
  const head = ['Bucket', 'Outcomes with the manifests', 'Keys acted on', 'Every key in scope'];
  return [
    formatTable(head, rows),
    ...members
      .filter(({ agrees }) => !agrees)
      .map((one) => `${formatCodeSpan(one.bucket, { cell: false })}\n\n${describeLevels(one)}`),
  ].join('\n\n');
}

function describeLevels({ reconcile, live, state, examples }: VerifyAnswer): string {
  const verdict = (agrees: boolean) => (agrees ? 'agrees' : 'differs');
  const levels = [
    ['Outcomes with the manifests', formatCount(reconcile.rows), '', verdict(reconcile.agrees)],
    [
      'Keys acted on with the bucket',
      formatCount(live.compared),
      formatCount(live.differences),
      verdict(live.agrees),
    ],
    ...(state === null
      ? []
      : [
          [
            'Every key in scope with the point in time',
            formatCount(state.compared),
            formatCount(state.differences),
            verdict(state.agrees),
          ],
        ]),
  ];
  const differences = [...examples, ...(state?.examples ?? [])].map(({ key, expected, found }) => [
    key,
    expected,
    found,
  ]);
  return [
    formatTable(['Compared', 'Rows or keys', 'Differences', ''], levels),
    ...(differences.length === 0 ? [] : [formatTable(['Key', 'Expected', 'Current is'], differences)]),
  ].join('\n');
}
