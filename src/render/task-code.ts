import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../lambda/index.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let bundled: Promise<string> | undefined;

/**
 * The code of the task function as one readable CommonJS text, for the template: Lambda takes inline code as CommonJS
 * alone. The SDK stays outside, as the runtime brings it. The same sources give the same text on every machine, so
 * the plans of a set share one.
 */
export async function bundleTaskCode(): Promise<string> {
  bundled ??= buildTaskCode();
  return await bundled;
}

/** Makes the code anew. */
export async function buildTaskCode(): Promise<string> {
  // Loaded here, as only a template needs it.
  const { build, stop } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: ['@aws-sdk/*', '@smithy/*'],
    // Shorter, and still to be read: names and lines stay.
    minifySyntax: true,
    charset: 'utf8',
    legalComments: 'none',
    // Modules are strict, a CommonJS text has to say so; a tsconfig.json found on the way is not asked.
    tsconfigRaw: { compilerOptions: { strict: true } },
    logLevel: 'silent',
  });
  // Else its process would wait for the next build.
  await stop();
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no output');
  return file.text;
}
