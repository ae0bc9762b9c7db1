import { checksOf, type DoctorCheck, type Reading } from './check.ts';
import {
  compareWorkflows,
  type Permissions,
  parseWorkflow,
  permissionsOf,
  refsOf,
  type Workflow,
} from './workflow-shape.ts';

/** Workflows by the names of their files: those that this version comes with, or what a repository has of them. */
export type WorkflowTexts = ReadonlyMap<string, string>;
/** A file of the repository; null: there is none. */
export type WorkflowFile = { file: string; reading: Reading<string | null> };

/** Those of the bad day. Whether one that runs on a schedule is missing is told with the schedules. */
const NEEDED = ['rollback.yml', 'undo.yml', 'resume.yml'];
const LEVELS = ['none', 'read', 'write'];
const MAX_PATHS_SHOWN = 6;
const COMMIT = /^[0-9a-f]{40}$/;

/** Reads the copies that a repository has of our workflows. */
export async function readWorkflowFiles(
  read: (path: string) => Promise<Reading<unknown>>,
  published: WorkflowTexts,
): Promise<WorkflowFile[]> {
  return await Promise.all(
    [...published.keys()].map(async (file): Promise<WorkflowFile> => {
      const reading = await read(`.github/workflows/${file}`);
      if (!reading.readable) return { file, reading };
      return {
        file,
        reading: { readable: true, value: reading.value === null ? null : String(reading.value) },
      };
    }),
  );
}

/**
 * Whether the jobs of a repository have the permissions that their actions need, and are those of this version.
 * @param contents whether the token reads files: one that it may not see looks as if it were not there
 */
export function checkWorkflows(
  files: readonly WorkflowFile[],
  published: WorkflowTexts,
  { name, contents }: { name: string; contents: Reading<unknown> },
): DoctorCheck[] {
  const checks = files.flatMap(({ file, reading }) => {
    const known = parseWorkflow(published.get(file) ?? '');
    if (known === null) return [];
    const found = reading.readable && reading.value === null && !contents.readable ? contents : reading;
    return found.readable
      ? checkFile(file, found.value as string | null, known)
      : bothUnreadable(file, found);
  });
  if (!checks.some(({ code }) => code === 'WORKFLOW_PERMISSIONS')) {
    const fix = 'copy rollback.yml from examples/workflows to the default branch';
    checks.push(checksOf(name).notChecked('WORKFLOW_PERMISSIONS', 'there is no workflow to look at', fix));
  }
  return [...checks, ...checkRefs(files, name)];
}

function bothUnreadable(
  file: string,
  reading: Extract<Reading<unknown>, { readable: false }>,
): DoctorCheck[] {
  const check = checksOf(file);
  return [check.unreadable('WORKFLOW_PERMISSIONS', reading), check.unreadable('WORKFLOW_VERSION', reading)];
}

function checkFile(file: string, text: string | null, known: Workflow): DoctorCheck[] {
  const check = checksOf(file);
  if (text === null) {
    if (!NEEDED.includes(file)) return [];
    const fix = `copy ${file} from examples/workflows to the default branch`;
    return [check.warning('WORKFLOW_VERSION', `there is no workflow .github/workflows/${file}`, fix)];
  }
  const workflow = parseWorkflow(text);
  if (workflow === null) {
    const reason = `${file} cannot be read as a workflow`;
    return bothUnreadable(file, {
      readable: false,
      code: 'GITHUB_REFUSED',
      reason,
      next: `compare ${file} with the one in examples/workflows`,
    });
  }
  return [checkPermissions(file, workflow, known), checkVersion(file, workflow, known)];
}

function checkPermissions(file: string, workflow: Workflow, known: Workflow): DoctorCheck {
  const check = checksOf(file);
  const jobs = Object.keys(known.jobs).filter((job) => job in workflow.jobs);
  const compared = jobs.map((job) => ({
    job,
    ...comparePermissions(permissionsOf(workflow, job), permissionsOf(known, job)),
  }));
  const told = (pick: (one: (typeof compared)[number]) => string[]) =>
    compared
      .filter((one) => pick(one).length > 0)
      .map((one) => `${one.job}: ${pick(one).join(', ')}`)
      .join('; ');
  const lacking = told(({ lacks }) => lacks);
  if (lacking !== '') {
    const fix = `give the jobs their \`permissions:\` in ${file}; examples/workflows has them`;
    return check.problem('WORKFLOW_PERMISSIONS', `missing in ${lacking}`, fix);
  }
  const more = told(({ exceeds }) => exceeds);
  if (more !== '') {
    const fix = `take it out of ${file}, unless steps of your own need it`;
    return check.warning('WORKFLOW_PERMISSIONS', `more than the actions need in ${more}`, fix);
  }
  return check.ok('WORKFLOW_PERMISSIONS', `${jobs.join(', ') || 'no job of ours'}: what the actions need`);
}

/** @param given undefined: nobody can tell from the file, so nothing counts as given */
function comparePermissions(given: Permissions | undefined, needed: Permissions = {}) {
  const names = new Set([
    ...(typeof needed === 'object' ? Object.keys(needed) : []),
    ...(typeof given === 'object' ? Object.keys(given) : []),
  ]);
  const differing = [...names].map((name) => ({
    name,
    has: levelOf(given, name),
    needs: levelOf(needed, name),
  }));
  const describe = (level: number) => LEVELS[level] ?? '';
  return {
    lacks: differing
      .filter(({ has, needs }) => has < needs)
      .map(({ name, needs }) => `${name}: ${describe(needs)}`),
    // Reading the contents is what a checkout needs.
    exceeds:
      given === 'write-all'
        ? [given]
        : differing
            .filter(({ name, has, needs }) => has > needs && !(name === 'contents' && has === 1))
            .map(({ name, has }) => `${name}: ${describe(has)}`),
  };
}

function levelOf(permissions: Permissions | undefined, name: string): number {
  if (permissions === 'write-all') return 2;
  if (permissions === 'read-all') return 1;
  if (typeof permissions !== 'object') return 0;
  return Math.max(0, LEVELS.indexOf(permissions[name] ?? 'none'));
}

function checkVersion(file: string, workflow: Workflow, known: Workflow): DoctorCheck {
  const check = checksOf(file);
  const paths = compareWorkflows(workflow, known);
  if (paths.length > 0) {
    const shown = paths.slice(0, MAX_PATHS_SHOWN).join(', ');
    const more = paths.length > MAX_PATHS_SHOWN ? ` and ${paths.length - MAX_PATHS_SHOWN} more` : '';
    const fix = `compare ${file} with that of the version you use, examples/workflows/${file}; what you changed on purpose may stay`;
    return check.warning('WORKFLOW_VERSION', `not as this version has it: ${shown}${more}`, fix);
  }
  const moving = refsOf(workflow).filter((ref) => !COMMIT.test(ref));
  return moving.length > 0
    ? check.warning(
        'WORKFLOW_VERSION',
        `uses the actions by ${moving.join(', ')}, which can be moved to other code`,
        `name the commit of the release in ${file}`,
      )
    : check.ok('WORKFLOW_VERSION', 'as this version has it');
}

/** A plan of one version is to be started by the same. */
function checkRefs(files: readonly WorkflowFile[], name: string): DoctorCheck[] {
  const refs = new Set(
    files.flatMap(({ reading }) => {
      const workflow = reading.readable && reading.value !== null ? parseWorkflow(reading.value) : null;
      return workflow === null ? [] : refsOf(workflow);
    }),
  );
  if (refs.size < 2) return [];
  const found = `the workflows use several versions: ${[...refs].join(', ')}`;
  return [checksOf(name).warning('WORKFLOW_VERSION', found, 'use one version in all workflows')];
}
