import type { Bucket } from './bucket.ts';
import { nameEffect, parseFault } from './fault-text.ts';
import type { LoggedRequest } from './request-log.ts';
import type { Sandbox } from './server.ts';

/** What can be typed while a sandbox runs, and what each does; the answer is printed. */
const COMMANDS: Readonly<
  Record<string, { usage: string; says: string; run: (sandbox: Sandbox, rest: string) => string }>
> = {
  fault: {
    usage: 'fault EFFECT [FIELD=VALUE ...]',
    says: 'add a fault, as --fault does',
    run: (sandbox, rest) => {
      sandbox.faults.add(parseFault(rest));
      return `${sandbox.faults.count} faults`;
    },
  },
  clear: {
    usage: 'clear',
    says: 'take all faults away',
    run: (sandbox) => {
      sandbox.faults.clear();
      return '0 faults';
    },
  },
  status: {
    usage: 'status',
    says: 'requests, entries and losses so far',
    run: (sandbox) => summarize(sandbox),
  },
  clock: {
    usage: 'clock INSTANT | +SECONDS | now',
    says: 'stop the clock at an instant, move it on, or let it run again',
    run: (sandbox, rest) => {
      if (rest === 'now') sandbox.clock.release();
      else if (/^\+\d{1,12}$/.test(rest)) sandbox.clock.advance(Number(rest));
      else sandbox.clock.set(rest);
      return new Date(sandbox.clock.now()).toISOString();
    },
  },
  enable: {
    usage: 'enable BUCKET',
    says: 'enable versioning',
    run: (sandbox, rest) => {
      bucketOf(sandbox, rest).versioning = 'Enabled';
      return `${rest}: versioning enabled`;
    },
  },
  suspend: {
    usage: 'suspend BUCKET',
    says: 'suspend versioning',
    run: (sandbox, rest) => {
      bucketOf(sandbox, rest).versioning = 'Suspended';
      return `${rest}: versioning suspended`;
    },
  },
  lifecycle: {
    usage: 'lifecycle BUCKET',
    says: 'carry out the lifecycle rules of a bucket at the time of the clock',
    run: (sandbox, rest) => JSON.stringify(sandbox.applyLifecycle(bucketOf(sandbox, rest).name)),
  },
};

/** Carries out a typed line. @returns what to print; a line that is not understood answers why */
export function obey(sandbox: Sandbox, line: string): string {
  const [, name = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(line.trim()) ?? [];
  if (name === '') return '';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return `There is no command '${name}'. There are:\n${explainCommands()}`;
  try {
    return command.run(sandbox, rest);
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nusage: ${command.usage}`;
  }
}

export function explainCommands(): string {
  return Object.values(COMMANDS)
    .map(({ usage, says }) => `  ${usage.padEnd(30)} ${says}`)
    .join('\n');
}

/** A line for a request: what was asked, what was answered, and which faults struck. */
export function describeRequest(entry: LoggedRequest): string {
  const key = entry.key === undefined ? '' : `/${entry.key}`;
  // Keys are anybody's: quoted and escaped, they are inert in a terminal.
  const target = entry.bucket === undefined ? '' : JSON.stringify(`${entry.bucket}${key}`);
  const version = entry.versionId === undefined ? '' : ` ${JSON.stringify(entry.versionId)}`;
  const faults = entry.faults.length === 0 ? '' : `  <- ${entry.faults.map(nameEffect).join(', ')}`;
  const status = entry.status === 0 ? 'broken' : String(entry.status);
  return `${status.padEnd(6)} ${entry.operation.padEnd(22)} ${target}${version}${faults}`.trimEnd();
}

/** What was asked for and what was lost. */
export function summarize({ requests, store, losses }: Sandbox): string {
  const counts = Object.entries(requests.counts()).sort(([, a], [, b]) => b - a);
  const buckets = [...store.buckets.values()].map(
    (bucket) =>
      `  ${bucket.name}: ${bucket.stacks.size} keys, ${bucket.entryCount} version entries, versioning ${bucket.versioning ?? 'never set'}`,
  );
  return [
    ...buckets,
    `${requests.count()} requests${counts.length === 0 ? '' : `: ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`}`,
    `object versions gone for good: ${losses.permanentDeletions} permanently deleted, ${losses.nullVersionReplacements} null versions replaced, ${losses.lifecycleDeletions} expired`,
  ].join('\n');
}

function bucketOf(sandbox: Sandbox, name: string): Bucket {
  return sandbox.bucket(name);
}
