import type { Progress } from '../progress.ts';

/** A comment is written anew at most this often while jobs run. */
const COMMENT_INTERVAL_MS = 30_000;

/**
 * Writes the comment anew from time to time, one writing after the other, without holding up the run.
 * @param now milliseconds, by which clock
 */
export function commentWhileRunning(
  post: (percent: number) => Promise<unknown>,
  now: () => number = Date.now,
): {
  progress: Progress;
  /** Whether rows were on their way: a share is told of nothing else. */
  hasBegun(): boolean;
  end(): Promise<void>;
} {
  let last = now();
  let hasBegun = false;
  let posting: Promise<unknown> = Promise.resolve();
  return {
    progress: (_step, percent) => {
      if (percent !== null) hasBegun = true;
      if (percent === null || now() - last < COMMENT_INTERVAL_MS) return;
      last = now();
      posting = posting.then(() => post(percent));
    },
    hasBegun: () => hasBegun,
    async end() {
      await posting;
    },
  };
}
