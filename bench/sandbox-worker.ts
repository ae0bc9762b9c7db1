import { parentPort, workerData } from 'node:worker_threads';
import { startSandbox } from '../sandbox/server.ts';

/** A sandbox in a thread of its own, filled with keys to add delete markers to, or to remove them from. */
const { operation, rows, latencyMs } = workerData as {
  operation: 'add' | 'remove';
  rows: number;
  latencyMs: number;
};

export type SandboxReply = {
  endpoint: string;
  entries: { key: string; versionId: string }[];
  requests: number;
};

const sandbox = await startSandbox({ latencyMs });
const bucket = sandbox.createBucket('data', { versioning: 'Enabled' });

parentPort?.on('message', (message: string) => {
  const entries: SandboxReply['entries'] = [];
  if (message === 'start') {
    for (let index = 0; index < rows; index += 1) {
      const key = `data/${String(index).padStart(9, '0')}`;
      let { versionId } = bucket.put(key, { body: 'x' });
      if (operation === 'remove') ({ versionId } = bucket.addDeleteMarker(key));
      entries.push({ key, versionId });
    }
    sandbox.requests.reset();
  }
  const reply: SandboxReply = { endpoint: sandbox.endpoint, entries, requests: sandbox.requests.count() };
  parentPort?.postMessage(reply);
});
