import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ROOT } from './act.ts';
import { playArchived } from './archived.ts';
import { playDrill } from './drill.ts';
import { playFreeze } from './freeze.ts';
import { playRetention } from './retention.ts';
import { playRollback, playRollbackOnAws } from './rollback.ts';
import { type Case, onStage, type Stage } from './stage.ts';

/**
 * Runs the workflows by act: in this repository, and from a repository that uses the actions. S3, AWS and GitHub are
 * the doubles of sandbox/. `npm run test:workflows -- --act PATH [--only NAME]`
 */

const STORIES: Record<string, (one: Case, stage: Stage) => Promise<void>> = {
  'rollback by the runner': playRollback,
  'rollback by S3 Batch Operations': playRollbackOnAws,
  drill: playDrill,
  freeze: playFreeze,
  'restore-archived': playArchived,
  'extend-retention': playRetention,
};

const { values } = parseArgs({
  options: { act: { type: 'string' }, only: { type: 'string', default: '' } },
  strict: true,
});
if (values.act === undefined) throw new Error('usage: npm run test:workflows -- --act PATH [--only NAME]');
const program = values.act;
const scratch = await mkdtemp(join(tmpdir(), 's3-rewind-workflows-'));
try {
  const own = await ownRepository();
  for (const one of [own, await consumerRepository(own)]) {
    for (const [name, story] of Object.entries(STORIES)) {
      if (!name.includes(values.only)) continue;
      process.stdout.write(`\n${one.name}: ${name}\n`);
      await onStage({ program, scratch }, (stage) => story(one, stage));
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * A copy of what git knows, with the packages that are installed already: the actions then skip their installation,
 * which would take most of the time.
 */
async function ownRepository(): Promise<Case> {
  const repository = join(scratch, 's3-rewind');
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
  });
  for (const path of files.toString('utf8').split('\0')) {
    if (path !== '' && path !== '.gitignore') await cp(join(ROOT, path), join(repository, path));
  }
  await symlink(join(ROOT, 'node_modules'), join(repository, 'node_modules'));
  const workflows = '.github/workflows';
  return { name: 'this repository', repository, workflows, args: [], isThorough: true };
}

/** A repository with nothing but copies of examples/workflows. */
async function consumerRepository(own: Case): Promise<Case> {
  const repository = join(scratch, 'consumer');
  await mkdir(repository, { recursive: true });
  await cp(join(ROOT, 'examples/workflows'), join(repository, own.workflows), { recursive: true });
  return {
    ...own,
    name: 'a repository that uses the actions',
    repository,
    args: ['--local-repository', `owner/s3-rewind@v1=${own.repository}`],
    isThorough: false,
  };
}
