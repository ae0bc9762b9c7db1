import { join } from 'node:path';
import Table from 'cli-table3';
import type { Bucket } from '../sandbox/bucket.ts';
import type { VersionEntry } from '../sandbox/entries.ts';
import type { Sandbox } from '../sandbox/server.ts';
import { claim } from './claim.ts';
import type { RunCommand } from './command-line.ts';
import { currentContents, haveSameContents } from './contents.ts';
import { paint, print, printTitle, say } from './screen.ts';

const BUCKET = 'three-objects';
const POINT_IN_TIME = '2025-08-22T11:01:00Z';

/** Part one: delete markers and versions, on three objects that one can watch. */
export async function showThreeObjects(sandbox: Sandbox, run: RunCommand, out: string): Promise<void> {
  const { clock } = sandbox;
  printTitle('Part 1 of 2: what a rollback does, on three objects');
  clock.set('2025-08-22T11:00:00Z');
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  const show = openVersionTable(bucket);
  bucket.put('a', { body: 'good a' });
  bucket.put('b', { body: 'good b' });
  const good = currentContents(bucket);
  say('A versioned bucket in good order, at 11:00.');
  show();

  clock.set('2025-08-22T11:02:00Z');
  bucket.addDeleteMarker('a');
  bucket.put('b', { body: 'bad b' });
  bucket.put('c', { body: 'junk' });
  const bad = currentContents(bucket);
  say(
    'At 11:02 someone deletes a, overwrites b and uploads c. S3 forgets nothing: a delete marker hides a, and the good b lies beneath the bad one.',
  );
  show();

  say('Back to 11:01. A plan first; it changes nothing.');
  const record = join(out, BUCKET);
  await run('plan', '--list', '--bucket', BUCKET, '--timestamp', POINT_IN_TIME, '--out', record, '--quiet');
  say('Then the plan is carried out.');
  clock.set('2025-08-22T11:10:00Z');
  await run('start-jobs', '--record', record, '--yes', '--quiet');
  say(
    'Rolled back: the marker over a was removed, the good b was copied on top, and c got a delete marker. What was bad is noncurrent now, not gone.',
  );
  show();
  claim(
    'a and b read as they did at 11:01, and c is absent',
    haveSameContents(currentContents(bucket), good),
  );

  say('So the rollback can be undone. The way back is a plan too, made from the record.');
  const undo = join(out, `${BUCKET}-undo`);
  await run('undo', '--record', record, '--out', undo);
  clock.set('2025-08-22T11:20:00Z');
  await run('start-jobs', '--record', undo, '--yes', '--quiet');
  say('Undone: every key reads as it did before the rollback.');
  show();
  claim('a, b and c read as they did at 11:02', haveSameContents(currentContents(bucket), bad));
  claim('No object version was permanently deleted', sandbox.permanentDeletions === 0);
}

/** @returns prints every stack of the bucket; versions are numbered as they were written, for their IDs say nothing */
function openVersionTable(bucket: Bucket): () => void {
  const numbers = new Map<string, number>();
  const written = new Map<string, number>();
  const nameOf = (entry: VersionEntry) => {
    if (entry.isDeleteMarker) return 'delete marker';
    const number = numbers.get(entry.versionId) ?? (written.get(entry.key) ?? 0) + 1;
    numbers.set(entry.versionId, number);
    written.set(entry.key, Math.max(number, written.get(entry.key) ?? 0));
    return `version ${number}`;
  };
  return () => {
    const table = new Table({
      head: ['Key', 'Current entry', 'Content', 'Noncurrent, newest first'],
      style: { head: [], border: [], compact: true },
    });
    for (const [key] of bucket.stacks.from(() => true)) {
      const oldestFirst = bucket
        .stack(key)
        .toReversed()
        .map((entry) => ({ entry, name: nameOf(entry), content: contentOf(entry) }));
      const current = oldestFirst.at(-1);
      if (current === undefined) continue;
      const beneath = oldestFirst.slice(0, -1).toReversed();
      const style = current.entry.isDeleteMarker ? 'red' : 'green';
      table.push([
        key,
        paint(style, current.name),
        current.content,
        beneath.map(({ name, content }) => `${name}: ${content}`).join('\n'),
      ]);
    }
    print(table.toString());
  };
}

function contentOf(entry: VersionEntry): string {
  return entry.isDeleteMarker ? 'absent' : (entry.content.bytes?.toString() ?? '');
}
