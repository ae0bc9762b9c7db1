import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run demo -- [--yes] [--latency MS]

Rolls two buckets of a versioned S3 on this machine back, in memory and without a network, and undoes it:
three objects to see how, then 20,000 versions after a bad deploy. Checks what it claims. Replaces out/demo.

  --yes           approve the plan without being asked
  --latency MS    time that every answer of S3 takes longer, 0 to 1000 (default 5)
  --help          show this text

Examples:
  Watch, and approve the plan yourself:
    npm run demo

  Where nobody can answer, such as in CI:
    npm run demo -- --yes

  As slow as S3 is from outside AWS:
    npm run demo -- --latency 30

Exit status: 0 all that was claimed holds; 1 something does not; 2 the options were refused, or nobody can be
asked; 130 interrupted.
`;

export type DemoOptions = { yes: boolean; latencyMs: number; help: boolean };

const MAX_LATENCY_MS = 1_000;

/** @throws OptionRefused */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = readArguments(args);
  if (!/^\d{1,4}$/.test(values.latency) || Number(values.latency) > MAX_LATENCY_MS) {
    throw new OptionRefused(
      `--latency '${values.latency}' is not a whole number from 0 to ${MAX_LATENCY_MS}.`,
    );
  }
  return { yes: values.yes, help: values.help, latencyMs: Number(values.latency) };
}

/** An option that is unknown, or has no such value. */
export class OptionRefused extends Error {}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        yes: { type: 'boolean', default: false },
        latency: { type: 'string', default: '5' },
        help: { type: 'boolean', default: false },
      },
      strict: true,
    });
  } catch (cause) {
    throw new OptionRefused(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
