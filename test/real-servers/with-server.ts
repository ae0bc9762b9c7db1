// Starts a server on this machine, tries it with the conformance suite and with the stories, and stops it:
//
//   node test/real-servers/with-server.ts --server minio --program PATH
//
// Exit status 1: one of the two found something that is not written down, or the server did not start.
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
    const trials: [script: string, option: string][] = [
      ['../conformance/run.ts', '--endpoint'],
      ['run.ts', '--endpoint-url'],
    ];
    for (const [script, option] of trials) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = spawn(process.execPath, [path, '--server', program, option, server.endpoint], {
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
