// Shows what s3-rewind does, on a versioned S3 of its own on this machine: npm run demo
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { startSandbox } from '../sandbox/server.ts';
import { showBadDeploy } from './bad-deploy.ts';
import { BrokenClaim, claim } from './claim.ts';
import { openCommandLine, sandboxSettings } from './command-line.ts';
import { Interrupted, watchSignals } from './interruption.ts';
import { type DemoOptions, OptionRefused, parseDemoOptions, USAGE } from './options.ts';
import { paint, print, say } from './screen.ts';
import { showThreeObjects } from './three-objects.ts';

const OUT = join('out', 'demo');
const SEED = 1;
const EXIT_INTERRUPTED = 130;

async function showAll(options: DemoOptions): Promise<void> {
  const started = performance.now();
  const signal = watchSignals();
  const sandbox = await startSandbox({ seed: SEED, latencyMs: options.latencyMs });
  try {
    // The records of the last demo: a plan folder is never written over.
    await rm(OUT, { recursive: true, force: true });
    const settings = sandboxSettings(sandbox.endpoint);
    say(
      'Everything here runs on this machine. A versioned S3, in memory, stands in for Amazon S3; the commands are the real ones, told by their environment where it is:',
    );
    for (const [name, value] of Object.entries(settings)) print(paint('yellow', `$ export ${name}=${value}`));
    const run = openCommandLine(sandbox.endpoint, signal);
    await showThreeObjects(sandbox, run, OUT);
    const isApproved = await showBadDeploy(sandbox, run, {
      out: OUT,
      seed: SEED,
      isApproved: options.yes,
      signal,
    });
    const { permanentDeletions, nullVersionReplacements, lifecycleDeletions } = sandbox.losses;
    claim(
      `No object version was permanently deleted, in ${new Intl.NumberFormat('en-US').format(sandbox.requests.count())} requests`,
      permanentDeletions + nullVersionReplacements + lifecycleDeletions === 0,
    );
    printEnd(isApproved, Math.round((performance.now() - started) / 1000));
  } finally {
    await sandbox.stop();
  }
}

function printEnd(isApproved: boolean, seconds: number): void {
  say(`Done in ${seconds} s. What it leaves, in ${OUT}:`);
  print(`  shop/comment.md   the comment, as GitHub shows it
  shop/plan.json    the plan; its digest names it everywhere
  shop/manifests/   every planned row, by scenario`);
  if (isApproved) {
    print(`  shop/outcomes/    what became of every row
  shop-undo/        the way back: a plan like any other`);
  }
  print('For a bucket of your own: docs/run.md');
}

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseDemoOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (!options.yes && !(process.stdin.isTTY && process.stdout.isTTY)) {
      process.stderr.write(
        'The demo asks for an approval, and there is no terminal to ask at.\nNext: npm run demo -- --yes\n',
      );
      return 2;
    }
    await showAll(options);
    return 0;
  } catch (error) {
    return reportEnd(error);
  }
}

function reportEnd(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write('\nInterrupted. Nothing is left running.\n');
    return EXIT_INTERRUPTED;
  }
  if (error instanceof OptionRefused) {
    process.stderr.write(`${error.message}\nNext: npm run demo -- --help\n`);
    return 2;
  }
  const isOwn = error instanceof BrokenClaim;
  const text =
    error instanceof Error ? (isOwn ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
