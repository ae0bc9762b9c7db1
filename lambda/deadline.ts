/** The part of Lambda's context that is used here. */
export type LambdaContext = { awsRequestId: string; getRemainingTimeInMillis(): number };

/**
 * Kept free at the end: a request that was just sent may take as long as its time-out, and its outcome has to be
 * written. Functions with little time keep a fifth of it.
 */
const KEPT_MS = 75_000;
const KEPT_SHARE = 0.2;

export type Deadline = {
  /** Whether to stop and leave the rest to the next invocation. */
  isOutOfTime: () => boolean;
  /** Waits, but never beyond the time to stop. */
  pause: (milliseconds: number) => Promise<void>;
};

export function deadlineOf(context: LambdaContext): Deadline {
  const keptMs = Math.min(KEPT_MS, context.getRemainingTimeInMillis() * KEPT_SHARE);
  const leftMs = () => context.getRemainingTimeInMillis() - keptMs;
  return {
    isOutOfTime: () => leftMs() <= 0,
    pause: (milliseconds) =>
      new Promise((resolve) => {
        setTimeout(resolve, Math.max(0, Math.min(milliseconds, leftMs())));
      }),
  };
}
