// How long the task function's own code takes to start, beside the SDK that the runtime brings: npm run bench:task
//
// Each run is a process of its own. It loads the SDK first, then the bundle, and then invokes the handler once with an
// event that it refuses, which opens its S3 client: all that a cold start does before it looks at a task.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { bundleTaskCode } from '../src/render/task-code.ts';

const RUNS = 10;
const AIM_MS = 500;

const PROBE = `
const { createRequire } = require('node:module');
const { compileFunction } = require('node:vm');
const { readFileSync } = require('node:fs');
const outer = createRequire(process.argv[2]);
const start = performance.now();
outer('@aws-sdk/client-s3');
const withSdk = performance.now();
const module_ = { exports: {} };
compileFunction(readFileSync(process.argv[3], 'utf8'), ['exports', 'require', 'module'])(module_.exports, outer, module_);
const loaded = performance.now();
module_.exports.handler(null, { awsRequestId: '', getRemainingTimeInMillis: () => 1000 }).catch((error) => {
  if (!/S3 Batch Operations/.test(error.message)) throw error;
  console.log(JSON.stringify([withSdk - start, loaded - withSdk, performance.now() - loaded]));
});
`;

const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-'));
try {
  const code = await bundleTaskCode();
  const codePath = join(folder, 'index.js');
  const probePath = join(folder, 'probe.cjs');
  await writeFile(codePath, code);
  await writeFile(probePath, PROBE);
  const runs: number[][] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await measure(probePath, codePath));
  const median = (column: number) =>
    runs.map((run) => run[column] ?? 0).toSorted((left, right) => left - right)[Math.floor(RUNS / 2)] ?? 0;
  const [sdk, load, first] = [median(0), median(1), median(2)];
  const own = load + first;
  process.stdout.write(
    `code ${Buffer.byteLength(code)} bytes; median of ${RUNS}: SDK ${sdk.toFixed(0)} ms, own code ${own.toFixed(1)} ms ` +
      `(load ${load.toFixed(1)}, client ${first.toFixed(1)}); aim below ${AIM_MS} ms: ${own < AIM_MS ? 'holds' : 'missed'}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(probePath: string, codePath: string): Promise<number[]> {
  const project = resolve(import.meta.dirname, '../package.json');
  const { stdout } = await promisify(execFile)(process.execPath, [probePath, project, codePath], {
    env: {
      RECORD: 's3://record/rb/',
      PLAN_DIGEST: 'sha256:0',
      BUCKET: 'data',
      WRITTEN_BUCKET: 'data',
      MANIFESTS: '{}',
      AWS_REGION: 'us-east-1',
    },
  });
  return JSON.parse(stdout) as number[];
}
