import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { exitCodeOf, RunbookError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { inertJson, printable } from '../s3/printable.ts';
import { tellConnection } from './told-commands.ts';

/** Where a command talks: results to stdout, everything else to stderr. */
export type Terminal = {
  progress: Progress;
  /** Ends the progress display, before anything else is printed. */
  finish(): void;
};

/** Lines of progress that are not redrawn (a log, a pipe) come at most this often. */
const LOG_INTERVAL_MS = 10_000;
/** Figures at the end of a step, as in `Listing: 1,000 entries, …`: with others it is still the same step. */
const FIGURES = /: \d.*$/s;

/** Who runs a command from within this process, and takes its answer instead of stdout. */
export type CommandListener = { answer(value: object): void; progress: Progress };

const listeners = new AsyncLocalStorage<CommandListener>();

/** Runs a command whose JSON object goes to a listener, and its progress too. */
export function hearCommand<T>(listener: CommandListener, run: () => Promise<T>): Promise<T> {
  return listeners.run(listener, run);
}

/** Work that is a part of a command: its name, and from which share of the whole to which, in percent. */
export type CommandPart = { name: string; from: number; to: number };

const parts = new AsyncLocalStorage<CommandPart>();

/** Does a part of a command's work, whose progress is told by its name and as a share of the whole. */
export function asPart<T>(part: CommandPart, work: () => Promise<T>): Promise<T> {
  return parts.run(part, work);
}

/** A spinner with a bar where stderr can take a line back, a line a step elsewhere, nothing when quiet. */
export async function openTerminal(options: { quiet: boolean }): Promise<Terminal> {
  if (options.quiet) return { progress: () => {}, finish: () => {} };
  const terminal = await (canRedraw() ? openSpinner() : openLog());
  const listener = listeners.getStore();
  const part = parts.getStore();
  return {
    ...terminal,
    progress: (step, percent) => {
      const told = part === undefined ? step : `${part.name}: ${step}`;
      const share =
        part === undefined || percent === null
          ? percent
          : part.from + ((part.to - part.from) * percent) / 100;
      terminal.progress(told, share);
      listener?.progress(told, share);
    },
  };
}

/** The spinner is silent in a dumb terminal and in the log of a CI that has a terminal: progress is told in lines there. */
function canRedraw(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb' && !('CI' in process.env);
}

async function openSpinner(): Promise<Terminal> {
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr }).start('Starting');
  return {
    progress: (step, percent) => {
      spinner.text = describeWithBar(printable(step), percent, process.stderr.columns);
    },
    finish: () => {
      spinner.stop();
    },
  };
}

async function openLog(): Promise<Terminal> {
  let lastKind = '';
  let lastTime = 0;
  return {
    progress: (step, percent) => {
      const kind = step.replace(FIGURES, '');
      if (kind === lastKind && Date.now() - lastTime < LOG_INTERVAL_MS) return;
      lastKind = kind;
      lastTime = Date.now();
      process.stderr.write(`${printable(describe(step, percent))}\n`);
    },
    finish: () => {},
  };
}

function describe(step: string, percent: number | null): string {
  return percent === null || percent <= 0 ? step : `${step}  ${Math.floor(percent)} %`;
}

const BAR_COLUMNS = 24;
/** A shorter bar shows nothing. */
const LEAST_BAR_COLUMNS = 6;
/** The spinner and the spaces around the bar. */
const COLUMNS_BESIDE_BAR = 4;

/**
 * The bar stands in front, so that it does not move with the length of the step; it gets shorter where the line would
 * not fit into the terminal.
 */
export function describeWithBar(step: string, percent: number | null, columns: number): string {
  const text = describe(step, percent);
  const width = Math.min(BAR_COLUMNS, columns - COLUMNS_BESIDE_BAR - text.length);
  if (percent === null || percent <= 0 || width < LEAST_BAR_COLUMNS) return text;
  const done = Math.round((Math.min(percent, 100) / 100) * width);
  return `${'━'.repeat(done)}${'┄'.repeat(width - done)} ${text}`;
}

/**
 * Lets a command finish its work when nobody reads what it says any more, as in `plan … | head`. An error of a stream
 * that nobody listens to would end the process on the spot, with half a plan beside the plan folder.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/**
 * Writes a text to stdout. Line breaks of its own stay; what came from outside has to be printable already. Commands
 * that it tells as the next ones are given the connection of the one that runs.
 */
export function writeOut(text: string): void {
  const told = tellConnection(text);
  process.stdout.write(told.endsWith('\n') ? told : `${told}\n`);
}

let isResultTold = false;

/** Writes one JSON object to stdout, on one line, with nothing in it that could move a terminal. */
export function writeJson(value: object): void {
  const listener = listeners.getStore();
  if (listener !== undefined) {
    listener.answer(value);
    return;
  }
  isResultTold = true;
  process.stdout.write(`${inertJson(JSON.stringify(value))}\n`);
}

/** A stack has line breaks of its own; what its message holds besides comes from outside. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/**
 * Says why a command ended: code, fact and next step, and the stack too of anything but a RunbookError, which is a bug.
 * @returns the exit status
 */
export function reportFailure(error: unknown, json: boolean): number {
  const refusal = error instanceof RunbookError ? error : internalError(error);
  const { code, message } = refusal;
  const hint = tellConnection(refusal.hint);
  if (json) writeJson({ error: { code, message, hint } });
  process.stderr.write(`${code}: ${printable(message)}\nNext: ${printable(hint)}\n`);
  if (refusal !== error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${printableLines(stack)}\n`);
  }
  return exitCodeOf(refusal);
}

function internalError(cause: unknown): RunbookError {
  const fact = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new RunbookError('INTERNAL_ERROR', `This is a bug in s3-rewind: ${fact}`, {
    hint: 'report it with the stack on stderr; a command that was interrupted may be run again',
    cause,
  });
}

/**
 * Reports what escaped from a callback, outside of any command, as a command's own failure; then the process ends.
 * What fails after a command has told its result does not make two results of it.
 */
export function reportEscapes(json: boolean): void {
  process.on('uncaughtException', (error) => process.exit(reportFailure(error, json && !isResultTold)));
}
