import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Node.js keeps what it has compiled in a folder for the time of a test run. Half the time of a short command is its
 * start, and the tests that need a process of its own start hundreds.
 */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 's3-rewind-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
