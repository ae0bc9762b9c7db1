import process from 'node:process';
import { vi } from 'vitest';

/** What work in a borrowed process left behind: its exit status and all that it wrote. */
export type ProcessEnd = { status: number; stdout: string; stderr: string };

type Place = {
  /** All that is set of AWS, GitHub, the runner and the inputs of a step; default: what this process has. */
  environment?: Readonly<Record<string, string>>;
  /** Default: where this process is. */
  folder?: string;
};

const VARIABLES = /^(AWS|GITHUB|GH|RUNNER|INPUT)_/;

let turn: Promise<unknown> = Promise.resolve();

/**
 * Lends this process to a command or a step: environment, folder, streams and exit status are its own meanwhile, as
 * in a process that is started for it, and then what they were. A process of its own costs a second; a test takes one
 * where it is the process that matters, as when it is killed. One at a time, the others wait for their turn.
 * @param work its answer, or else process.exitCode, is the exit status
 */
export async function borrowProcess(
  place: Place,
  work: () => Promise<number | undefined>,
): Promise<ProcessEnd> {
  const end = turn.then(() => lendProcess(place, work));
  turn = end.catch(() => {});
  return await end;
}

async function lendProcess(place: Place, work: () => Promise<number | undefined>): Promise<ProcessEnd> {
  const folder = process.cwd();
  const { exitCode } = process;
  const giveBack = place.environment === undefined ? () => {} : setVariables(place.environment);
  const written = { stdout: '', stderr: '' };
  const streams = [process.stdout, process.stderr];
  const listeners = streams.map((stream) => new Set(stream.listeners('error')));
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    if (place.folder !== undefined) process.chdir(place.folder);
    process.exitCode = undefined;
    const status = await work();
    return { status: status ?? Number(process.exitCode ?? 0), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const [index, stream] of streams.entries()) {
      for (const listener of stream.listeners('error')) {
        if (!listeners[index]?.has(listener)) stream.off('error', listener as () => void);
      }
    }
    process.exitCode = exitCode;
    process.chdir(folder);
    giveBack();
  }
}

/** @returns what sets them back */
function setVariables(environment: Readonly<Record<string, string>>): () => void {
  const clear = () => {
    for (const name of Object.keys(process.env)) if (VARIABLES.test(name)) delete process.env[name];
  };
  const before = { ...process.env };
  clear();
  Object.assign(process.env, environment);
  return () => {
    for (const name of Object.keys(environment)) delete process.env[name];
    clear();
    Object.assign(process.env, before);
  };
}
