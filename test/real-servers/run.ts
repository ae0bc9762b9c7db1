// Takes a real S3 server through every command of s3-rewind, in processes of their own. Only servers on this machine:
// the stories write and delete.
//
//   node test/real-servers/run.ts --server minio --endpoint-url http://127.0.0.1:9000 [--seed N]
//
// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Exit status 1: something went otherwise than
// promised, or otherwise than known-differences.ts says.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../sandbox/random.ts';
import { MODES } from '../../src/s3/rollback.ts';
import { SERVERS } from '../conformance/deviations.ts';
import { isLoopback, ServerUnderTest } from '../conformance/server-under-test.ts';
import { HOSTILE_KEYS } from '../execute/histories.ts';
import { tryFolderKey } from './folder-keys.ts';
import { badDeploy, randomHistory } from './history.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { type LockTrial, tryLocks } from './locks.ts';
import { Story, StoryFailure } from './story.ts';
import { tryKeys } from './tried-keys.ts';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: '' },
    'endpoint-url': { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const name = SERVERS.find((known) => known === values.server);
if (name === undefined || !isLoopback(values['endpoint-url']) || !/^\d{1,9}$/.test(values.seed)) {
  process.stderr.write(
    `usage: node test/real-servers/run.ts --server ${SERVERS.join('|')} --endpoint-url http://127.0.0.1:PORT [--seed N]\n`,
  );
  process.exitCode = 2;
} else {
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-stories-'));
  try {
    const failures = await runStories(name, values['endpoint-url'], Number(values.seed), folder);
    say(`${failures} failed`);
    process.exitCode = failures === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runStories(
  serverName: (typeof SERVERS)[number],
  endpoint: string,
  seed: number,
  folder: string,
): Promise<number> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  const environment = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  const server = new ServerUnderTest({
    endpoint,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
  });
  const known = KNOWN_DIFFERENCES[serverName];
  const { taken, unforeseen } = await tryKeys(server, HOSTILE_KEYS, known.keys);
  for (const line of unforeseen) say(`FAILED  ${line}`);
  for (const [key, reason] of Object.entries(known.keys))
    say(`known   key ${JSON.stringify(key)}: ${reason}`);
  if (known.copyLosesExpires) say('known   a copy loses Expires, which verify has to find');

  const keys = [
    ...taken,
    ...Array.from({ length: 40 }, (_, index) => `dense/${String(index).padStart(3, '0')}`),
  ];
  const common = { server, known, environment, folder };
  const stories = await Promise.all([
    Story.open({ ...common, name: 'a bad deploy', mode: 'bucket-rollback', history: badDeploy() }),
    ...MODES.flatMap((mode, index) => {
      const own = seed + index;
      const history = randomHistory(keys, new SeededRandom(own));
      const kills = new SeededRandom(own);
      const name = `random writes, ${mode}, seed ${own}`;
      return [
        Story.open({ ...common, name, mode, history }),
        Story.open({ ...common, name: `${name}, killed and begun again`, mode, history, kills }),
      ];
    }),
  ]);
  for (const story of stories) await story.playUntilP();
  const timestamp = await passPointInTime();
  for (const story of stories) await story.playAfterP();
  await sleep(1100);

  const locks: LockTrial = { ...common, random: new SeededRandom(seed) };
  if (!known.convertsGovernance) say('known   GOVERNANCE is not made COMPLIANCE without a bypass');
  const folderKey = {
    ...common,
    isKept: !Object.hasOwn(known.keys, 'a/'),
    record: join(folder, 'folder-key'),
  };
  const trials = [
    ...stories.map((story) => ({ name: story.name, run: () => story.rollBackAndForth(timestamp) })),
    { name: 'a key that ends in a slash', run: () => tryFolderKey(folderKey, timestamp) },
    { name: 'Object Lock', run: () => tryLocks(locks) },
  ];
  let failures = unforeseen.length;
  for (const { name, run } of trials) {
    const began = performance.now();
    try {
      const told = await run();
      say(`ok      ${name}: ${told} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      if (!(error instanceof StoryFailure)) throw error;
      failures += 1;
      say(`FAILED  ${name}: ${error.message}`);
    }
  }
  return failures;
}

/** Lets a second end that no write falls behind, and the next one begin. @returns the point in time */
async function passPointInTime(): Promise<string> {
  const second = Math.ceil(Date.now() / 1000);
  await sleep((second + 1) * 1000 + 200 - Date.now());
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
