import { S3Error } from './http/errors.ts';
import type { S3Request } from './http/request.ts';
import type { SeededRandom } from './random.ts';

/**
 * What goes wrong:
 * - `slow-down`, `internal-error`, `service-unavailable`, or any `{ error }`: refused before anything happens;
 * - `reset`: the connection breaks before anything happens;
 * - `reset-after`: the operation is carried out and its answer lost;
 * - `{ delayMs }`: a slow answer;
 * - `copy-200-error`: status 200 with an error document, nothing copied, for the operations that S3 says it of
 *   (API_CopyObject, "Response and special errors"; API_CompleteMultipartUpload; API_UploadPartCopy);
 * - `{ deleteError }`: an error for single keys inside DeleteObjects, which answers 200;
 * - `writer-puts`, `writer-deletes`: right before, somebody else writes a version or adds a delete marker: to the
 *   request's key, to one of the keys of a DeleteObjects, or else to any key of the bucket;
 * - `suspend-versioning`: right before, somebody else suspends versioning of the bucket.
 */
export type FaultEffect =
  | 'slow-down'
  | 'internal-error'
  | 'service-unavailable'
  | 'reset'
  | 'reset-after'
  | 'copy-200-error'
  | 'writer-puts'
  | 'writer-deletes'
  | 'suspend-versioning'
  | { readonly error: { readonly code: string; readonly status: number; readonly message?: string } }
  | { readonly delayMs: number }
  | { readonly deleteError: { readonly code: string; readonly message?: string } };

export type Fault = {
  /** S3's name of the operation, or several; default: every operation. */
  operation?: string | readonly string[];
  bucket?: string;
  /** Key of the request, or of a single deletion inside DeleteObjects. */
  key?: string | RegExp;
  match?: (request: S3Request) => boolean;
  /** How many matching requests pass unharmed first. */
  after?: number;
  /** How often it happens; default: always. */
  times?: number;
  /**
   * Chance that it happens, drawn from the sandbox's seed; default: 1. Below that, the same operation on the same key,
   * or page of a listing, is struck twice at most.
   */
  probability?: number;
  effect: FaultEffect;
};

/**
 * How often chance strikes one request, all faults together: less than the attempts of anything that asks again. So no
 * seed and no order of requests makes a run fail by bad luck.
 */
const MAX_STRIKES_OF_CHANCE = 2;

/** Operations whose status may be sent before they are done. */
const ANSWERED_EARLY = new Set(['CopyObject', 'UploadPartCopy', 'CompleteMultipartUpload']);

type ActiveFault = Fault & { seen: number; done: number };
type KeyedRequest = Pick<S3Request, 'bucket' | 'key'>;

/** Faults on demand, tried in the order in which they were added; the first that strikes decides. */
export class Faults {
  readonly #random: SeededRandom;
  #active: ActiveFault[] = [];
  /** Strikes of chance, by request. */
  readonly #strikesOfChance = new Map<string, number>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Adds a fault; the answer takes it away again. */
  add(fault: Fault): () => void {
    const active = { ...fault, seen: 0, done: 0 };
    this.#active.push(active);
    return () => {
      this.#active = this.#active.filter((other) => other !== active);
    };
  }

  clear(): void {
    this.#active = [];
    this.#strikesOfChance.clear();
  }

  get count(): number {
    return this.#active.length;
  }

  /** The effects that strike a request: any number of delays and of others at work, then at most one failure. */
  strike(operation: string, request: S3Request): FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const fault of this.#active) {
      const { effect } = fault;
      if (isDeleteError(effect) || !this.#strikes(fault, operation, request, request)) continue;
      effects.push(effect);
      if (!isDelay(effect) && !isMeddling(effect)) break;
    }
    return effects;
  }

  /** The error of one deletion inside DeleteObjects, if a fault strikes it. */
  strikeDeletion(request: S3Request, key: string): S3Error | undefined {
    for (const fault of this.#active) {
      const { effect } = fault;
      if (!isDeleteError(effect)) continue;
      if (this.#strikes(fault, 'DeleteObjects', { bucket: request.bucket, key }, request)) {
        const { code, message = 'We encountered an internal error. Please try again.' } = effect.deleteError;
        return new S3Error(code, { status: 200, message });
      }
    }
    return undefined;
  }

  #strikes(fault: ActiveFault, operation: string, keyed: KeyedRequest, request: S3Request): boolean {
    if (!applies(fault, operation, keyed, request)) return false;
    fault.seen += 1;
    if (fault.seen <= (fault.after ?? 0) || fault.done >= (fault.times ?? Number.POSITIVE_INFINITY))
      return false;
    if (fault.probability !== undefined) {
      if (this.#random.fraction() >= fault.probability) return false;
      const name = JSON.stringify([operation, keyed.bucket, keyed.key, request.search]);
      const strikes = this.#strikesOfChance.get(name) ?? 0;
      if (strikes >= MAX_STRIKES_OF_CHANCE) return false;
      this.#strikesOfChance.set(name, strikes + 1);
    }
    fault.done += 1;
    return true;
  }
}

/** The refusal that an effect stands for, if it is one that comes before the operation. */
export function refusalOf(effect: FaultEffect): S3Error | undefined {
  if (effect === 'slow-down') return new S3Error('SlowDown');
  if (effect === 'internal-error') return new S3Error('InternalError');
  if (effect === 'service-unavailable') return new S3Error('ServiceUnavailable');
  if (effect === 'copy-200-error') return new S3Error('InternalError', { status: 200 });
  if (typeof effect === 'object' && 'error' in effect) {
    const { code, status, message = code } = effect.error;
    return new S3Error(code, { status, message });
  }
  return undefined;
}

/** What somebody else does to the bucket right before a request; the request itself goes on. */
export type Meddling = 'writer-puts' | 'writer-deletes' | 'suspend-versioning';

export function isMeddling(effect: FaultEffect): effect is Meddling {
  return effect === 'writer-puts' || effect === 'writer-deletes' || effect === 'suspend-versioning';
}

export function isDelay(effect: FaultEffect): effect is { readonly delayMs: number } {
  return typeof effect === 'object' && 'delayMs' in effect;
}

function isDeleteError(effect: FaultEffect): effect is Extract<FaultEffect, { deleteError: unknown }> {
  return typeof effect === 'object' && 'deleteError' in effect;
}

function applies(fault: Fault, operation: string, keyed: KeyedRequest, request: S3Request): boolean {
  const { operation: wanted, bucket, key, match } = fault;
  if (fault.effect === 'copy-200-error' && !ANSWERED_EARLY.has(operation)) return false;
  if (typeof wanted === 'string' && wanted !== operation) return false;
  if (Array.isArray(wanted) && !wanted.includes(operation)) return false;
  if (bucket !== undefined && bucket !== keyed.bucket) return false;
  if (typeof key === 'string' && key !== keyed.key) return false;
  if (key instanceof RegExp && (keyed.key === undefined || !key.test(keyed.key))) return false;
  return match?.(request) ?? true;
}
