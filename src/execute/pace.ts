/** How many requests are in flight at once, and how that adapts. */
export type PaceOptions = {
  start: number;
  max: number;
  /** Milliseconds now; default: the system's clock. */
  now?: () => number;
};

export type Pace = {
  /** Runs a request when there is room for it. `isThrottled` tells whether an error asks for fewer requests. */
  run<T>(request: () => Promise<T>, isThrottled: (error: unknown) => boolean): Promise<T>;
  /** The limit now. */
  limit(): number;
};

/** Answers of requests that were sent before the limit was cut still speak of the old rate. */
const CUT_INTERVAL_MS = 500;

/**
 * Additive increase, multiplicative decrease, as TCP does it (RFC 5681): each limit's worth of successes allows one
 * request more, an answer that asks to slow down halves the limit. S3 scales a prefix gradually and answers 503
 * SlowDown meanwhile ("Best practices design patterns: optimizing Amazon S3 performance").
 */
export function createPace({ start, max, now = Date.now }: PaceOptions): Pace {
  let limit = Math.min(start, max);
  let inFlight = 0;
  let cutAt = Number.NEGATIVE_INFINITY;
  const waiting: (() => void)[] = [];

  const release = () => {
    inFlight -= 1;
    while (waiting.length > 0 && inFlight < Math.floor(limit)) {
      inFlight += 1;
      waiting.shift()?.();
    }
  };
  return {
    limit: () => Math.floor(limit),
    async run(request, isThrottled) {
      if (inFlight < Math.floor(limit)) inFlight += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        const answer = await request();
        limit = Math.min(max, limit + 1 / limit);
        return answer;
      } catch (error) {
        if (isThrottled(error) && now() - cutAt >= CUT_INTERVAL_MS) {
          cutAt = now();
          limit = Math.max(1, limit / 2);
        }
        throw error;
      } finally {
        release();
      }
    },
  };
}
