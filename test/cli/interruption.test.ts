import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BENCH_BUCKET, BENCH_POINT_IN_TIME, generateInventory } from '../../bench/generate.ts';
import { type CommandResult, runScript } from './run-command.ts';
import { listAll, scratchFolder } from './scratch-folder.ts';

/** Ctrl-C at any moment leaves nothing: neither half a plan, nor the hidden folder it was made in. */

const scratch = scratchFolder();
const inventory = join(scratch, 'inventory.csv');
const out = join(scratch, 'new/out');
const ARGUMENTS = [
  ...['plan', '--inventory', inventory, '--bucket', BENCH_BUCKET],
  ...['--timestamp', BENCH_POINT_IN_TIME, '--out', out, '--threads', '1', '--json'],
];

beforeAll(() => generateInventory({ entries: 100_000, format: 'csv', out: inventory, changed: 0.4 }));

/**
 * Runs the plan, which gets a signal at the first line of progress that matches. It sends it to itself: on a busy
 * machine it would have ended before somebody else had read the line.
 */
function interruptAt(line: RegExp, name: NodeJS.Signals): Promise<CommandResult> {
  const hook = `
    import process from 'node:process';
    const write = process.stderr.write.bind(process.stderr);
    let isSent = false;
    process.stderr.write = (text, ...rest) => {
      if (!isSent && ${line}.test(text)) {
        isSent = true;
        process.kill(process.pid, '${name}');
      }
      return write(text, ...rest);
    };
  `;
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
  return runScript(ARGUMENTS, { nodeArgs });
}

describe('a plan that is interrupted', () => {
  // Steps that are shorter than the interval of the progress do not show on a fast machine.
  const MOMENTS: [moment: string, line: RegExp, name: NodeJS.Signals][] = [
    ['while it reads', /^(Reading every entry|Checking)/m, 'SIGINT'],
    ['while it writes', /^Writing manifests/m, 'SIGTERM'],
    ['when its terminal is closed', /^Checking the inventory/m, 'SIGHUP'],
  ];

  it.each(MOMENTS)('%s', async (_moment, line, name) => {
    const { status, stdout, stderr } = await interruptAt(line, name);
    expect(stderr).toMatch(/^INTERRUPTED: .*\nNext: run the same command again\n$/m);
    expect(JSON.parse(stdout).error.code).toBe('INTERRUPTED');
    expect(status).toBe(1);
    expect(listAll(scratch)).toEqual(['inventory.csv']);
  });
});
