import { createInterface } from 'node:readline';

/**
 * Asks whether to go ahead. Only a plain yes is one; the end of the input is a no.
 * @throws what the signal was aborted with
 */
export async function askToGoAhead(
  question: string,
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  streams.output.write(`${question} [y/N] `);
  // Without `terminal`, Ctrl-C stays a signal here too.
  const lines = createInterface({ input: streams.input, terminal: false });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      lines.once('line', (line) => {
        lines.removeAllListeners('close');
        resolve(/^\s*y(es)?\s*$/i.test(line));
      });
      lines.once('close', () => {
        streams.output.write('\n');
        resolve(false);
      });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}
