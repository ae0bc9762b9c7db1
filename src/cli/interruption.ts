import process from 'node:process';
import { RunbookError } from '../errors.ts';

/** What asks a command to stop: Ctrl-C, a cancelled workflow run, a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A watch for the signals that ask a command to stop, so that it can clean up after itself first. */
export type Interruption = {
  signal: AbortSignal;
  /** @throws RunbookError INTERRUPTED when a signal has come */
  assertNone(): void;
  /** Ends the watch: from now on a signal ends the process at once. */
  end(): void;
};

/** Starts the watch. */
export function watchInterruption(): Interruption {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of SIGNALS) process.on(name, abort);
  return {
    signal: controller.signal,
    assertNone() {
      if (!controller.signal.aborted) return;
      throw new RunbookError('INTERRUPTED', 'The command was interrupted; it has written nothing.', {
        hint: 'run the same command again',
      });
    },
    end() {
      for (const name of SIGNALS) process.off(name, abort);
    },
  };
}

/** The first signal asks to stop in good order, the second one ends the process at once, which is safe too. */
export function watchSignals(): { isStopped: () => boolean; end: () => void } {
  let isStopped = false;
  const onSignal = () => {
    if (isStopped) process.exit(130);
    isStopped = true;
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    isStopped: () => isStopped,
    end() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
