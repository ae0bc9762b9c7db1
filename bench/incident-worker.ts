import { parentPort, workerData } from 'node:worker_threads';
import { startSandbox } from '../sandbox/server.ts';

/**
 * A sandbox in a thread of its own, with a bucket that an incident went through: of the keys, every so many were
 * deleted, created or overwritten after the point in time. Every other key has an older version below.
 */
const { entries, changedKeys, latencyMs, pointInTime } = workerData as IncidentInput;

export type IncidentInput = {
  entries: number;
  changedKeys: number;
  latencyMs: number;
  pointInTime: string;
};
/** The endpoint, once the bucket is filled; then, whenever asked, the requests since the last time. */
export type IncidentReply = { endpoint: string; entries: number; requests: number };

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;
const sandbox = await startSandbox({ latencyMs });
const bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
const p = Date.parse(pointInTime);
const [before, after] = [{ lastModified: p - DAY_MS }, { lastModified: p + SECOND_MS }];
const body = { body: 'x' };

/** A changed key has two entries, every other one has three in two keys. */
const keys = changedKeys + Math.floor(((entries - 2 * changedKeys) * 2) / 3);
const stride = Math.floor(keys / changedKeys);
for (let index = 0; index < keys; index += 1) {
  const folder = String(Math.floor(index / 10_000)).padStart(4, '0');
  const key = `warehouse/${folder}/part-${String(index).padStart(9, '0')}.parquet`;
  const isChanged = index % stride === 0 && index / stride < changedKeys;
  if (!isChanged) {
    bucket.put(key, { ...body, ...before });
    if (index % 2 === 0) bucket.put(key, { ...body, ...before });
    continue;
  }
  const kind = (index / stride) % 4;
  if (kind < 3) bucket.put(key, { ...body, ...before });
  if (kind < 2) bucket.addDeleteMarker(key, after);
  else {
    bucket.put(key, { body: 'y', ...after });
    if (kind === 3) bucket.put(key, { body: 'z', ...after });
  }
}
sandbox.requests.reset();

parentPort?.on('message', () => {
  const reply: IncidentReply = {
    endpoint: sandbox.endpoint,
    entries: bucket.entryCount,
    requests: sandbox.requests.count(),
  };
  sandbox.requests.reset();
  parentPort?.postMessage(reply);
});
