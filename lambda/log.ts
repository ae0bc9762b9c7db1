import process from 'node:process';

/** One line of the function's log; never a key, a version ID or a credential. */
export type LogLine = Record<string, string | number | boolean | object | null | undefined>;

export type Log = {
  info(event: string, line: LogLine): void;
  /** Only with LOG_LEVEL=debug: may name keys. */
  debug(event: string, line: LogLine): void;
};

/**
 * Writes JSON lines, which CloudWatch Logs Insights takes apart by itself. A logging library does the same for as many
 * bytes again as the rest of the function.
 */
export function openLog(level: string | undefined, write = writeLine): Log {
  const line = (name: string) => (event: string, fields: LogLine) =>
    write(`${JSON.stringify({ level: name, time: new Date().toISOString(), event, ...fields })}\n`);
  return { info: line('info'), debug: level === 'debug' ? line('debug') : () => {} };
}

function writeLine(text: string): void {
  process.stdout.write(text);
}
