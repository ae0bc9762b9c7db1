// A versioned S3 on this machine, in memory, to try s3-rewind without AWS: npm run sandbox -- --help
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { describeRequest, explainCommands, obey, summarize } from './console.ts';
import { explainFaults, parseFault } from './fault-text.ts';
import { startSandbox } from './server.ts';

const USAGE = `usage: npm run sandbox -- [OPTIONS]

Starts a versioned S3 on 127.0.0.1, in memory, until it is interrupted. Any credentials are taken. At the end it tells
what was asked for, and how many object versions were lost for good.

  --port PORT         port to listen on (default 9000; 0 for any free port)
  --bucket NAME       make a bucket with versioning enabled; may be given more than once
  --lock-bucket NAME  make one with Object Lock
  --plain-bucket NAME make one whose versioning was never set
  --region REGION     Region of new buckets (default us-east-1)
  --latency MS        time that every answer takes longer (default 0)
  --seed N            seed of version IDs and of chances (default 1)
  --watch             print a line for each request
  --commands          read commands from standard input, see below
  --fault TEXT        let something go wrong; may be given more than once, see below
  --help              show this text

examples:
  npm run sandbox -- --bucket demo --watch

  export AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
  aws s3api put-object --bucket demo --key a --body README.md
  aws s3api delete-object --bucket demo --key a
  aws s3api list-object-versions --bucket demo
  npm run s3-rewind -- plan --list --bucket demo --timestamp 2026-01-31T12:00:00Z --out out/plan --force-path-style

  one request in ten is slowed down       --fault 'slow-down chance=0.1'
  the third copy's answer is lost         --fault 'reset-after operation=CopyObject after=2 times=1'
  a key that may not be deleted           --fault 'delete-error code=AccessDenied key=a/b'
  somebody writes meanwhile               --fault 'writer-puts operation=CopyObject,DeleteObjects chance=0.05'
  versioning is suspended meanwhile       --fault 'suspend-versioning operation=CopyObject after=10 times=1'

faults (--fault):
${explainFaults()}
commands (--commands, one a line):
${explainCommands()}
`;

const names = { type: 'string', multiple: true, default: [] as string[] } as const;
const OPTIONS = {
  port: { type: 'string', default: '9000' },
  latency: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  region: { type: 'string', default: 'us-east-1' },
  bucket: names,
  'lock-bucket': names,
  'plain-bucket': names,
  fault: names,
  watch: { type: 'boolean', default: false },
  commands: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

try {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  if (values.help) process.stdout.write(USAGE);
  else await serve(values);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n\nFor options and examples: npm run sandbox -- --help\n`);
  process.exitCode = 2;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; strict: true }>>['values'];

async function serve(values: Values): Promise<void> {
  const faults = values.fault.map(parseFault);
  const sandbox = await startSandbox({
    port: wholeNumber('port', values.port, 65_535),
    latencyMs: wholeNumber('latency', values.latency, 60_000),
    seed: wholeNumber('seed', values.seed, 2 ** 32 - 1),
    region: values.region,
  });
  // Whoever tries things out may delete what they like; the summary tells.
  sandbox.expectLosses('any');
  for (const name of values.bucket) sandbox.createBucket(name, { versioning: 'Enabled' });
  for (const name of values['lock-bucket']) sandbox.createBucket(name, { objectLock: true });
  for (const name of values['plain-bucket']) sandbox.createBucket(name);
  for (const fault of faults) sandbox.faults.add(fault);
  if (values.watch) sandbox.requests.onRequest = (entry) => say(describeRequest(entry));
  say(`S3 sandbox at ${sandbox.endpoint}`);

  const lines = values.commands ? createInterface({ input: process.stdin }) : undefined;
  lines?.on('line', (line) => say(obey(sandbox, line)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      lines?.close();
      void sandbox.stop().then(() => say(summarize(sandbox)));
    });
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function wholeNumber(name: string, text: string, maximum: number): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > maximum) {
    throw new TypeError(`--${name} '${text}' is not a whole number from 0 to ${maximum}.`);
  }
  return Number(text);
}
