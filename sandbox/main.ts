// A versioned S3 on this machine, in memory, to try s3-rewind without AWS:
//
//   node sandbox/main.ts --port 9000 --bucket demo
//
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startSandbox } from './server.ts';

const USAGE = `usage: node sandbox/main.ts [--port PORT] [--latency MS] [--seed N] [--region REGION] [--bucket NAME ...]

Starts a versioned S3 on 127.0.0.1, in memory, until it is interrupted. Any credentials are taken.

  --port PORT      port to listen on (default 9000; 0 for any free port)
  --latency MS     time that every answer takes longer (default 0)
  --seed N         seed of the version IDs (default 1)
  --region REGION  Region of new buckets (default us-east-1)
  --bucket NAME    make a bucket with versioning enabled; may be given more than once
  --help           show this text
`;

const OPTIONS = {
  port: { type: 'string', default: '9000' },
  latency: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  region: { type: 'string', default: 'us-east-1' },
  bucket: { type: 'string', multiple: true, default: [] as string[] },
  help: { type: 'boolean', default: false },
} as const;

try {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  if (values.help) process.stdout.write(USAGE);
  else await serve(values);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function serve(values: {
  port: string;
  latency: string;
  seed: string;
  region: string;
  bucket: readonly string[];
}): Promise<void> {
  const sandbox = await startSandbox({
    port: wholeNumber('port', values.port, 65_535),
    latencyMs: wholeNumber('latency', values.latency, 60_000),
    seed: wholeNumber('seed', values.seed, 2 ** 32 - 1),
    region: values.region,
  });
  for (const name of values.bucket) sandbox.createBucket(name, { versioning: 'Enabled' });
  process.stdout.write(`S3 sandbox at ${sandbox.endpoint}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.stop());
}

function wholeNumber(name: string, text: string, maximum: number): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > maximum) {
    throw new TypeError(`--${name} '${text}' is not a whole number from 0 to ${maximum}.`);
  }
  return Number(text);
}
