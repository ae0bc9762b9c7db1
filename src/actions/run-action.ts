import process from 'node:process';
import { outliveReaders, reportFailure } from '../cli/terminal.ts';
import { exitCodeOf, RunbookError } from '../errors.ts';
import {
  annotate,
  maskValue,
  readWorkflowRun,
  type WorkflowRun,
  writeOutput,
  writeSummary,
} from '../github/workflow.ts';
import { formatCodeSpan, formatInlineText } from '../render/markdown.ts';
import type { ActionContract, InputSpec } from './contract.ts';
import { type ActionInputs, readInputs } from './inputs.ts';
import { type ActionDecision, type ActionResult, buildResult } from './result.ts';

/** What an action has found out: the result, and the outputs that are its own. */
export type ActionEnd = {
  result: Omit<ActionResult, 'schemaVersion' | 'action'>;
  outputs?: Readonly<Record<string, string>>;
};

export type ActionStep<C extends ActionContract> = { inputs: ActionInputs<C>; run: WorkflowRun };

/** Exit status of a step, as the command line has it: 3 for a run or a comparison that found something left. */
const STATUS: Record<ActionDecision, number> = {
  listed: 0,
  planned: 0,
  'nothing-to-do': 0,
  blocked: 0,
  restoring: 0,
  suspended: 0,
  done: 0,
  cleaned: 0,
  'would-clean': 0,
  agrees: 0,
  ready: 0,
  incomplete: 3,
  differs: 3,
  'not-ready': 1,
  refused: 2,
  failed: 1,
};
const MAX_FACT_CHARACTERS = 1000;

/**
 * Runs one action: reads its inputs, lets it act, and writes outputs, annotation and exit status. What it throws
 * becomes `refused` or `failed`, so that a workflow can branch on the outputs in any case.
 */
export async function runAction<C extends ActionContract>(
  contract: C,
  act: (step: ActionStep<C>) => Promise<ActionEnd>,
): Promise<void> {
  outliveReaders();
  const { result, outputs = {} } = await actOrExplain(contract, act);
  writeOutputs(contract, buildResult({ ...result, action: contract.name }), outputs);
  process.exitCode = STATUS[result.decision];
}

async function actOrExplain<C extends ActionContract>(
  contract: C,
  act: (step: ActionStep<C>) => Promise<ActionEnd>,
): Promise<ActionEnd> {
  try {
    const inputs = readInputs(contract, process.env);
    for (const [name, spec] of Object.entries<InputSpec>(contract.inputs)) {
      if (spec.secret) maskValue(inputs.text(name) ?? '');
    }
    const end = await act({ inputs, run: readWorkflowRun(process.env) });
    const { decision, reasonCode, message, hint } = end.result;
    if (STATUS[decision] > 0) annotate('error', reasonCode, `${message ?? decision} Next: ${hint ?? ''}`);
    return end;
  } catch (error) {
    if (!(error instanceof RunbookError)) reportFailure(error, false);
    const refusal = asRefusal(error);
    annotate('error', refusal.code, `${refusal.message} Next: ${refusal.hint}`);
    await writeSummary(describeError(contract.name, refusal));
    return { result: refusedResult(refusal) };
  }
}

function asRefusal(error: unknown): RunbookError {
  if (error instanceof RunbookError) return error;
  const fact = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new RunbookError('INTERNAL_ERROR', `This is a bug in s3-rewind: ${fact}`, {
    hint: 'report it with the stack in the log',
    cause: error,
  });
}

/** What an error means for the workflow: bad input was refused, anything else failed on the way. */
export function refusedResult(
  error: RunbookError,
  found: Partial<Omit<ActionResult, 'schemaVersion' | 'action'>> = {},
): ActionEnd['result'] {
  const {
    schemaVersion: _version,
    action: _action,
    ...rest
  } = buildResult({
    ...found,
    action: '',
    decision: exitCodeOf(error) === 2 ? 'refused' : 'failed',
    reasonCode: error.code,
    message: error.message,
    hint: error.hint,
  });
  return rest;
}

/** What the summary of the run says of an error. */
export function describeError(name: string, { code, message, hint }: RunbookError): string {
  return [
    `### s3-rewind ${name}: ${formatCodeSpan(code, { cell: false })}`,
    '',
    formatInlineText(message, MAX_FACT_CHARACTERS),
    '',
    `**Do:** ${formatInlineText(hint, MAX_FACT_CHARACTERS)}`,
    '',
  ].join('\n');
}

function writeOutputs(
  contract: ActionContract,
  result: ActionResult,
  own: Readonly<Record<string, string>>,
): void {
  const values: Record<string, string> = {
    'rollback-id': result.rollbackId ?? '',
    'plan-digest': result.planDigest ?? '',
    'comment-url': result.commentUrl ?? '',
    decision: result.decision,
    'reason-code': result.reasonCode,
    result: JSON.stringify(result),
    ...own,
  };
  for (const name of Object.keys(contract.outputs)) writeOutput(name, values[name] ?? '');
}
