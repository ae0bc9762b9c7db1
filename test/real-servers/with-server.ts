// Starts a server on this machine, tries it with the conformance suite, the stories and, where it has CloudFormation, the
// stacks, and stops it:
//
//   node test/real-servers/with-server.ts --server minio --program PATH
//
// Exit status 1: one of them found something that is not written down, or the server did not start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PROGRAMS, startServer } from './server-process.ts';

const { values } = parseArgs({
  options: { server: { type: 'string', default: '' }, program: { type: 'string', default: '' } },
});
const program = PROGRAMS.find((known) => known === values.server);
if (program === undefined || values.program === '') {
  process.stderr.write(
    `usage: node test/real-servers/with-server.ts --server ${PROGRAMS.join('|')} --program PATH\n`,
  );
  process.exitCode = 2;
} else {
  const server = await startServer(program, values.program);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void server.stop().then(() => process.exit(1)));
  }
  try {
    const named = ['--server', program];
    const trials = [
      ['../conformance/run.ts', ...named, '--endpoint'],
      ['run.ts', ...named, '--endpoint-url'],
      ...(program === 'ministack' ? [['stack.ts', '--endpoint-url']] : []),
    ];
    for (const [script = '', ...args] of trials) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = spawn(process.execPath, [path, ...args, server.endpoint], {
        env: { ...process.env, ...server.credentials },
        stdio: 'inherit',
      });
      const [status] = (await once(child, 'exit')) as [number | null];
      if (status !== 0) process.exitCode = 1;
    }
  } finally {
    await server.stop();
  }
}
