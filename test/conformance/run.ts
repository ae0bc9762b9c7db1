// Tries a real S3 server with the conformance suite. Only servers on this machine: the suite writes and deletes.
//
//   node test/conformance/run.ts --server minio --endpoint http://127.0.0.1:9000
//
// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Exit status 1: a deviation that is not listed
// in deviations.ts, or a listed one that is gone.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { CASES } from './cases.ts';
import { DEVIATIONS, SERVERS, type ServerName } from './deviations.ts';
import { isLoopback, ServerUnderTest } from './server-under-test.ts';
import { isForeseen, judge } from './verdict.ts';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: '' },
    endpoint: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
  },
});
const name = SERVERS.find((known): known is ServerName => known === values.server);
if (name === undefined || !isLoopback(values.endpoint)) {
  process.stderr.write(
    `usage: node test/conformance/run.ts --server ${SERVERS.join('|')} --endpoint http://127.0.0.1:PORT [--only TEXT]\n`,
  );
  process.exitCode = 2;
} else {
  const server = new ServerUnderTest({
    endpoint: values.endpoint,
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
  });
  const known = DEVIATIONS[name];
  let unforeseen = 0;
  for (const conformanceCase of CASES.filter((one) => one.name.includes(values.only))) {
    const verdict = await judge(server, conformanceCase, known);
    process.stdout.write(`${verdict.kind.padEnd(16)} ${verdict.name}\n`);
    if (verdict.kind === 'as S3') continue;
    const listed = known[verdict.name];
    if (listed !== undefined) process.stdout.write(`  listed   ${listed}\n`);
    const [expected, actual] = [conformanceCase.expected, verdict.actual].map((value) =>
      JSON.stringify(value)?.slice(0, 500),
    );
    process.stdout.write(`  expected ${expected} (${conformanceCase.page})\n  got      ${actual}\n`);
    if (!isForeseen(verdict)) unforeseen += 1;
  }
  process.stdout.write(`${unforeseen} unforeseen\n`);
  process.exitCode = unforeseen === 0 ? 0 : 1;
}
