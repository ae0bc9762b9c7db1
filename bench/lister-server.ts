// A sandbox S3 in a process of its own, so that its work is not counted as the lister's. Prints its endpoint, stops
// when its parent closes stdin.
import process from 'node:process';
import { startSandbox } from '../sandbox/server.ts';

const [shape = 'flat', entries = '100000', latencyMs = '30'] = process.argv.slice(2);

/** Keys as buckets have them: numbered, hashed, in dated folders, in folders of very different size. */
const SHAPES: Record<string, (index: number, total: number) => string> = {
  flat: (index) => `k${String(index).padStart(10, '0')}`,
  hashed: (index) => (Math.imul(index, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0'),
  dated: (index, total) => {
    const day = new Date(Date.UTC(2024, 0, 1) + Math.floor((index / total) * 700) * 86_400_000).toISOString();
    return `warehouse/events/${day.slice(0, 4)}/${day.slice(5, 7)}/${day.slice(8, 10)}/part-${String(index).padStart(8, '0')}.parquet`;
  },
  skewed: (index) => `${index % 10 === 0 ? 'archive' : 'live'}/customer-${index % 97}/${String(index).padStart(9, '0')}.json`,
};

const keyOf = SHAPES[shape];
if (keyOf === undefined) throw new TypeError(`unknown shape ${shape}; one of ${Object.keys(SHAPES).join(', ')}`);
const sandbox = await startSandbox({ latencyMs: Number(latencyMs) });
const bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
const keys = Math.ceil(Number(entries) / 2);
for (let index = 0; index < keys; index += 1) {
  const key = keyOf(index, keys);
  bucket.put(key, { size: index });
  bucket.addDeleteMarker(key);
}
process.stdout.write(`${sandbox.endpoint}\n`);
process.stdin.resume();
process.stdin.on('end', () => void sandbox.stop());
