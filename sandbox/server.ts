import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bucket, BucketOptions } from './bucket.ts';
import type { SandboxClock } from './clock.ts';
import { type FaultEffect, Faults, isDelay, isMeddling, refusalOf } from './faults.ts';
import {
  accessKeyId,
  assertCredentials,
  assertExpectedOwner,
  assertRegion,
  type Denial,
  type RegionRefusal,
} from './http/credentials.ts';
import { S3Error } from './http/errors.ts';
import { readRequest, type S3Request } from './http/request.ts';
import { errorResponse, type RequestIds, type S3Response, writeResponse } from './http/response.ts';
import { findRoute, type Route } from './http/router.ts';
import { applyLifecycle, type LifecycleReport } from './lifecycle.ts';
import type { ExpectedLosses, Losses } from './losses.ts';
import { meddle } from './meddling.ts';
import { actionOf, isDenied, principalOf } from './policy.ts';
import { RequestLog } from './request-log.ts';
import { S3_ROUTES } from './routes.ts';
import { Store } from './store.ts';

const LOOPBACK = '127.0.0.1';
/** Operations that S3 answers from any Region. */
const REGIONLESS = new Set(['CreateBucket', 'GetBucketLocation']);
const KEEP_ALIVE_MS = 120_000;

export type SandboxOptions = {
  /** Default: any free port. */
  port?: number;
  /** Waited before every answer; 30 stands for a bucket in the same Region seen from outside AWS. */
  latencyMs?: number;
  /** Seed of version IDs and of the chances of faults. */
  seed?: number;
  region?: string;
};

/** Called before an operation is carried out, or after its answer was made. */
export type Hook = (operation: string, request: S3Request) => void | Promise<void>;
type Moment = 'before' | 'after';

/** A versioned S3 on loopback, in memory, with faults on demand. Stop it when done: it leaves no handle. */
export class Sandbox {
  readonly store: Store;
  readonly faults: Faults;
  readonly requests = new RequestLog();
  /** Access keys that are refused, and how. Any other key is taken: signatures are not verified. */
  readonly deniedKeys = new Map<string, Denial>();
  /** ARNs of IAM by access key, for the policies of buckets. */
  readonly principals = new Map<string, string>();
  /** What the server calls itself: some stores are known to keep no versions of some keys. */
  serverName = 'AmazonS3';
  /** The answer to a request that is signed for another Region than its bucket's. */
  regionRefusal: RegionRefusal = 'AuthorizationHeaderMalformed';
  /** Routes, to which other services add theirs. */
  readonly routes: Route[] = [...S3_ROUTES];
  latencyMs: number;
  readonly #hooks: Record<Moment, Set<Hook>> = { before: new Set(), after: new Set() };
  readonly #server: Server;
  #requestCount = 0;
  #expectedLosses: ExpectedLosses | 'any' = {};

  constructor(options: SandboxOptions = {}) {
    const seed = options.seed ?? 1;
    this.store = new Store({ seed, region: options.region ?? 'us-east-1' });
    this.faults = new Faults(this.store.context.random);
    this.latencyMs = options.latencyMs ?? 0;
    this.#server = createServer((incoming, outgoing) => {
      this.#answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
    // Longer than any pause in a test: a connection closed while a client takes it up again looks like a fault.
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  get clock(): SandboxClock {
    return this.store.context.clock;
  }

  get losses(): Readonly<Losses> {
    return this.store.context.losses;
  }

  /**
   * Says how many object versions are lost by the end, where a test is about losing them; `any` where nobody promised
   * to keep them. Otherwise `stop` expects none.
   */
  expectLosses(expected: ExpectedLosses | 'any'): void {
    this.#expectedLosses = expected;
  }

  /** Object versions removed by their version ID. Zero, or something broke the promise of a rollback. */
  get permanentDeletions(): number {
    return this.losses.permanentDeletions;
  }

  /** `http://127.0.0.1:<port>`, for path-style requests. */
  get endpoint(): string {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error('the sandbox is not listening');
    return `http://${LOOPBACK}:${address.port}`;
  }

  createBucket(name: string, options: BucketOptions = {}): Bucket {
    return this.store.createBucket(name, options);
  }

  bucket(name: string): Bucket {
    return this.store.bucket(name);
  }

  /** Carries out a bucket's lifecycle rules at the clock's time. */
  applyLifecycle(bucket: string): LifecycleReport {
    return applyLifecycle(this.bucket(bucket), this.clock.now());
  }

  /** Calls a hook before or after every request, such as a writer that changes keys meanwhile; the answer removes it. */
  on(moment: Moment, hook: Hook): () => void {
    this.#hooks[moment].add(hook);
    return () => this.#hooks[moment].delete(hook);
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, LOOPBACK, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /**
   * Ends the server, and looks what was lost meanwhile.
   * @throws Error where object versions were lost for good, and nobody said that they would be (`expectLosses`)
   */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    if (this.#expectedLosses !== 'any') this.losses.assert(this.#expectedLosses);
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#requestCount += 1;
    const ids: RequestIds = {
      requestId: this.#requestCount.toString(16).toUpperCase().padStart(16, '0'),
      hostId: 'sandbox',
    };
    let response: S3Response | 'reset';
    try {
      response = await this.#serve(await readRequest(incoming), ids);
    } catch (error) {
      response = errorResponse(asS3Error(error), ids);
    }
    if (response === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    const isHead = incoming.method === 'HEAD';
    await writeResponse(outgoing, response, {
      isHead,
      date: this.clock.now(),
      server: this.serverName,
      ...ids,
    });
  }

  async #serve(request: S3Request, ids: RequestIds): Promise<S3Response | 'reset'> {
    let route: Route | undefined;
    let response: S3Response | 'reset';
    const struck: FaultEffect[] = [];
    try {
      route = findRoute(this.routes, request);
      assertCredentials(request, this.deniedKeys);
      assertExpectedOwner(request);
      if (!REGIONLESS.has(route.operation)) {
        assertRegion(request, this.store.buckets.get(request.bucket ?? ''), this.regionRefusal);
      }
      response = await this.#carryOut(route, request, struck);
    } catch (error) {
      const known = asS3Error(error);
      response = route?.errorResponse?.(known) ?? errorResponse(known, ids);
    }
    this.requests.add({
      operation: route?.operation ?? 'Unknown',
      method: request.method,
      bucket: request.bucket,
      key: request.key,
      versionId: request.query.get('versionId'),
      accessKeyId: accessKeyId(request),
      status: response === 'reset' ? 0 : response.status,
      faults: struck,
    });
    return response;
  }

  /** @param struck filled with the faults that strike, for the log: the operation may end in an exception */
  async #carryOut(route: Route, request: S3Request, struck: FaultEffect[]): Promise<S3Response | 'reset'> {
    const effects = this.faults.strike(route.operation, request);
    struck.push(...effects);
    const delayMs = effects.filter(isDelay).reduce((total, delay) => total + delay.delayMs, this.latencyMs);
    if (delayMs > 0) await sleep(delayMs);
    for (const effect of effects.filter(isMeddling)) meddle(effect, this.store, request);
    for (const hook of this.#hooks.before) await hook(route.operation, request);
    const refusal = effects.map(refusalOf).find((error) => error !== undefined);
    if (refusal !== undefined) throw refusal;
    if (effects.includes('reset')) return 'reset';
    const isDenied = (action: string, key?: string) => this.#isDenied(request, action, key);
    const action = actionOf(route.operation, request);
    if (action !== undefined && isDenied(action, request.key)) throw new S3Error('AccessDenied');
    const context = { store: this.store, request, faults: this.faults, isDenied };
    const response = await this.store.context.losses.during(() => route.handle(context));
    for (const hook of this.#hooks.after) await hook(route.operation, request);
    return effects.includes('reset-after') ? 'reset' : response;
  }

  #isDenied(request: S3Request, action: string, key?: string): boolean {
    const bucket = this.store.buckets.get(request.bucket ?? '');
    if (bucket === undefined) return false;
    return isDenied(bucket, principalOf(accessKeyId(request), this.principals), action, key);
  }
}

/** Starts a sandbox on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new Sandbox(options);
  await sandbox.start(options.port);
  return sandbox;
}

function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // A bug of the sandbox: the stack goes into the answer, where a failing test shows it.
  return new S3Error('InternalError', { message });
}
