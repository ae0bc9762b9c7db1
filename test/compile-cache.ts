import { rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../node_modules/.cache/s3-rewind-compiled/', import.meta.url));

/**
 * Node.js keeps what it has compiled in a folder, for the processes of a test run to share. Half the time of a short
 * command is its start, and the tests that need a process of its own start hundreds. It is emptied before a run, not
 * after: processes write to it when they end. A run beside this one only loses time.
 */
export default function setUp(): void {
  try {
    rmSync(FOLDER, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Another run writes to it.
  }
  process.env.NODE_COMPILE_CACHE = FOLDER;
}
