import process from 'node:process';

/** Ctrl-C, a supervisor, or a terminal that was closed asked the demo to end. */
export class Interrupted extends Error {
  constructor() {
    super('The demo was interrupted.');
  }
}

/** Watches for those signals until the process ends; a second one changes nothing. */
export function watchSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Interrupted()));
  }
  return controller.signal;
}
