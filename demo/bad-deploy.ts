import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { VersionEntry } from '../sandbox/entries.ts';
import { SeededRandom } from '../sandbox/random.ts';
import type { Sandbox } from '../sandbox/server.ts';
import { readRecord } from '../src/execute/record.ts';
import { askToGoAhead } from './approval.ts';
import {
  fillShop,
  LAST_GOOD_TIME,
  PAGE_EXAMPLE,
  runBadDeploy,
  VERSION_ENTRIES,
} from './bad-deploy-history.ts';
import { claim } from './claim.ts';
import type { RunCommand } from './command-line.ts';
import { renderCommentForTerminal } from './comment-in-terminal.ts';
import { currentContents, haveSameContents } from './contents.ts';
import { paint, print, printTitle, say } from './screen.ts';

const BUCKET = 'shop';
const count = new Intl.NumberFormat('en-US').format;

/**
 * Part two: a bucket of 20,000 version entries after a bad deploy, from the inventory to the undo of its rollback.
 * @returns whether the rollback was approved
 */
export async function showBadDeploy(
  sandbox: Sandbox,
  run: RunCommand,
  options: { out: string; seed: number; isApproved: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { clock } = sandbox;
  printTitle('Part 2 of 2: a bad deploy, in a bucket of 20,000 versions');
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  fillShop(bucket, clock, new SeededRandom(options.seed));
  const good = currentContents(bucket);
  const { deleted, overwritten, uploaded } = runBadDeploy(bucket, clock);
  const bad = currentContents(bucket);
  say(
    `At 14:05 a deploy ran against the wrong bucket: ${count(deleted)} keys deleted, ${count(overwritten)} overwritten, ${count(uploaded)} files of its own uploaded. At 14:00 all was well.`,
  );
  const readExample = () => showContent(bucket.current(PAGE_EXAMPLE));
  print(`\n${PAGE_EXAMPLE} now reads ${readExample()}`);

  const inventory = join(options.out, `${BUCKET}.parquet`);
  const record = join(options.out, BUCKET);
  clock.set('2025-08-22T15:00:00Z');
  await run('inventory', '--bucket', BUCKET, '--out', inventory);
  await run(
    'plan',
    '--inventory',
    inventory,
    '--bucket',
    BUCKET,
    '--timestamp',
    LAST_GOOD_TIME,
    '--out',
    record,
  );
  const { inventory: planned } = (await readRecord(record)).plan;
  print();
  claim(
    `The plan accounts for all ${count(bucket.entryCount)} version entries of the bucket`,
    planned.entriesInScope === bucket.entryCount && bucket.entryCount === VERSION_ENTRIES,
  );
  say(`The comment that a second person reviews, ${record}/comment.md:`);
  print(`\n${renderCommentForTerminal(await readFile(join(record, 'comment.md'), 'utf8'))}\n`);
  claim('Nothing has changed in the bucket yet', haveSameContents(currentContents(bucket), bad));

  if (!(await approve(options))) {
    claim('Nothing has changed in the bucket', haveSameContents(currentContents(bucket), bad));
    say('Not approved, so the story ends here. The plan stays, to look at.');
    return false;
  }
  clock.set('2025-08-22T15:10:00Z');
  await run('start-jobs', '--record', record, '--yes');
  const after = join(options.out, `${BUCKET}-after.parquet`);
  await run('inventory', '--bucket', BUCKET, '--out', after);
  await run('verify', '--record', record, '--inventory', after);
  print(`\n${PAGE_EXAMPLE} now reads ${readExample()}`);
  claim(
    `All ${count(good.size)} keys read as they did at 14:00, and no others are there`,
    haveSameContents(currentContents(bucket), good),
  );

  say('And back again: the undo of the rollback, planned from its record.');
  const undo = join(options.out, `${BUCKET}-undo`);
  await run('undo', '--record', record, '--out', undo);
  clock.set('2025-08-22T15:20:00Z');
  await run('start-jobs', '--record', undo, '--yes');
  await run('verify', '--record', undo);
  print();
  claim(
    `All ${count(bad.size)} keys read as the deploy left them`,
    haveSameContents(currentContents(bucket), bad),
  );
  return true;
}

async function approve({
  isApproved,
  signal,
}: {
  isApproved: boolean;
  signal: AbortSignal;
}): Promise<boolean> {
  const question = paint('bold', 'Approve this plan, and carry it out?');
  if (!isApproved) return askToGoAhead(question, { input: process.stdin, output: process.stdout }, signal);
  print(`${question} [y/N] y  ${paint('dim', '(--yes)')}`);
  return true;
}

function showContent(entry: VersionEntry | undefined): string {
  return entry?.isDeleteMarker === false ? (entry.content.bytes?.toString() ?? '') : 'absent';
}
