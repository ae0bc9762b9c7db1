import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before a measured program (`node --import`), so that the process reports on itself as it ends: CPU seconds of
 * all its threads and its peak memory. On Linux the peak is VmHWM, which belongs to this program alone; the maximum of
 * getrusage() also remembers the parent that it was forked from.
 */
export type Usage = { userSeconds: number; systemSeconds: number; peakBytes: number };

/** Environment variable that names the file for the report. */
export const USAGE_FILE_VARIABLE = 'S3_REWIND_BENCH_USAGE_FILE';

const file = process.env[USAGE_FILE_VARIABLE];
if (isMainThread && file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    const usage: Usage = {
      userSeconds: userCPUTime / 1e6,
      systemSeconds: systemCPUTime / 1e6,
      peakBytes: readPeakBytes(),
    };
    writeFileSync(file, JSON.stringify(usage));
  });
}

function readPeakBytes(): number {
  if (process.platform === 'linux') {
    const peak = /^VmHWM:\s+(?<kib>\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.groups?.kib;
    if (peak !== undefined) return Number(peak) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
