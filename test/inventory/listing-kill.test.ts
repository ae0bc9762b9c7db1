import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/server.ts';
import { expectedRows, readRows, withFolder } from './listing-store.ts';

const CHILD = new URL('listing-child.ts', import.meta.url).pathname;
const KILLS = 4;

test('a listing that is killed again and again ends with every entry once', async () => {
  const sandbox = await startSandbox({ latencyMs: 60 });
  const bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
  for (let index = 0; index < 30_000; index += 1) bucket.put(`k/${String(index % 12_000).padStart(6, '0')}`);
  for (let index = 0; index < 4_000; index += 1) bucket.put('k/010000-deep');
  try {
    await withFolder(async (folder) => {
      const out = join(folder, 'versions.csv');
      let finished = false;
      for (let kill = 0; kill < KILLS && !finished; kill += 1) {
        const child = list(sandbox.endpoint, out);
        // Counted in requests, not in time: the machine may be slow.
        const until = sandbox.requests.count() + 3 + ((kill * 7) % 17);
        while (sandbox.requests.count() < until && child.exitCode === null) await sleep(5);
        await sleep((kill * 313) % 1000);
        finished = child.exitCode !== null;
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      if (!finished) await once(list(sandbox.endpoint, out), 'exit');
      expect(await readRows(out)).toEqual(expectedRows(bucket));
      expect(await readdir(folder)).toEqual(['versions.csv']);
    });
  } finally {
    await sandbox.stop();
  }
});

function list(endpoint: string, out: string): ChildProcess {
  return spawn(process.execPath, [CHILD, endpoint, out], {
    stdio: 'inherit',
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'AKIASANDBOX', AWS_SECRET_ACCESS_KEY: 'secret' },
  });
}
