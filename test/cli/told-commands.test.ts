import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addEndpointOptions } from '../../src/cli/endpoint-options.ts';
import { rememberCommand, tellConnection } from '../../src/cli/told-commands.ts';
import { runCommand } from './run-command.ts';

const NEXT = 'Next: npm run --silent s3-rewind -- start-jobs --record my-plan --yes';

/** What a command line tells as its next step. */
async function told(text: string, ...args: string[]): Promise<string> {
  let answer = '';
  const program = new Command();
  for (const name of ['plan', 'start-jobs']) {
    addEndpointOptions(program.command(name)).action(() => {
      answer = tellConnection(text);
    });
  }
  program.command('bootstrap');
  await rememberCommand(program, () => program.parseAsync(args, { from: 'user' }));
  return answer;
}

describe('a command that is told as the next one', () => {
  it('asks the same store', async () => {
    const connection = ['--endpoint-url', 'http://127.0.0.1:9000/a b', '--region', 'eu-west-1'];
    expect(await told(NEXT, 'plan', ...connection, '--force-path-style')).toBe(
      "Next: npm run --silent s3-rewind -- start-jobs --endpoint-url 'http://127.0.0.1:9000/a b' --region eu-west-1 --force-path-style --record my-plan --yes",
    );
  });

  it.each([
    ['nothing was given', NEXT, []],
    ['it is the help of a command', 'npm run --silent s3-rewind -- plan --help', ['--requester-pays']],
    ['the command asks no store', 'npm run --silent s3-rewind -- bootstrap --bucket b', ['--requester-pays']],
  ])('stays as it is where %s', async (_, text, options) => {
    expect(await told(text, 'plan', ...options)).toBe(text);
  });

  it('does so in a refusal, also as JSON', async () => {
    const line = ['thaw', '--record', 'no such folder', '--endpoint-url', 'http://127.0.0.1:1', '--json'];
    const next = 's3-rewind -- freeze --endpoint-url http://127.0.0.1:1 --status --bucket BUCKET';
    const { stdout, stderr } = await runCommand(...line);
    expect(stderr).toContain(next);
    expect(JSON.parse(stdout).error.hint).toContain(next);
  });
});
