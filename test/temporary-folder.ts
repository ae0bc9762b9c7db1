import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Temporary files of a test run lie in a folder of its own, which goes when the run ends: a command that a test kills
 * cannot clean up behind itself.
 */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 's3-rewind-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
