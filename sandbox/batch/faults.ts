import type { JobTask } from './job.ts';

/**
 * What happens to an invocation:
 * - `throttled`: Lambda does not take it;
 * - `answer-lost`: it is carried out and its answer does not arrive;
 * - `duplicated`: it is delivered twice, side by side; the first answer counts;
 * - `{ killAfterMs }`: its environment is killed, as at the end of its time.
 */
export type InvocationEffect = 'throttled' | 'answer-lost' | 'duplicated' | { readonly killAfterMs: number };

export type InvocationFault = {
  effect: InvocationEffect;
  match?: (task: JobTask) => boolean;
  /** How many invocations pass unharmed first. */
  after?: number;
  /** Default: always. */
  times?: number;
};

/** Faults of invocations on demand; the first that strikes decides. */
export class InvocationFaults {
  #active: (InvocationFault & { seen: number; done: number })[] = [];

  add(fault: InvocationFault): void {
    this.#active.push({ ...fault, seen: 0, done: 0 });
  }

  clear(): void {
    this.#active = [];
  }

  strike(task: JobTask): InvocationEffect | null {
    for (const fault of this.#active) {
      if (fault.match?.(task) === false) continue;
      fault.seen += 1;
      if (fault.seen <= (fault.after ?? 0) || fault.done >= (fault.times ?? Number.POSITIVE_INFINITY))
        continue;
      fault.done += 1;
      return fault.effect;
    }
    return null;
  }
}
