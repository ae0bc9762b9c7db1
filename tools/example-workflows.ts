import { readFile } from 'node:fs/promises';

/** The workflows of this repository as another one uses them: by the name of the actions, without a checkout. */

const WORKFLOWS = new URL('../.github/workflows/', import.meta.url);
const COPIED_WORKFLOWS = [
  'rollback.yml',
  'resume.yml',
  'undo.yml',
  'cleanup.yml',
  'restore-archived.yml',
  'extend-retention.yml',
  'drill.yml',
  'freeze.yml',
];
const CHECKOUT = / {6}- name: Check out\n(?: {8}.*\n)+/g;

/** Path → text. */
export async function exampleWorkflows(): Promise<Record<string, string>> {
  const files = COPIED_WORKFLOWS.map(async (name): Promise<[string, string]> => {
    const text = await readFile(new URL(name, WORKFLOWS), 'utf8');
    const copied = text
      .replace(CHECKOUT, '')
      .replaceAll('contents: read # CODEOWNERS, and the checkout', 'contents: read # CODEOWNERS')
      .replaceAll(/ {6}contents: read # the checkout\n/g, '')
      .replaceAll(/uses: \.\/actions\/([\w-]+)/g, 'uses: owner/s3-rewind/actions/$1@v1');
    return [
      `examples/workflows/${name}`,
      `# Put this file into .github/workflows. Name the owner, and pin the commit of a release in place of @v1.\n${copied}`,
    ];
  });
  return Object.fromEntries(await Promise.all(files));
}
