import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./lambda-child.ts', import.meta.url));

export type LambdaContext = { awsRequestId: string; getRemainingTimeInMillis(): number };
export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<unknown>;

export type FunctionOptions = {
  /** Default: 15 minutes, Lambda's limit. */
  timeoutMs?: number;
  /** Of the processes that run code. */
  environment?: Record<string, string>;
};

/** What an invocation came to: an answer, or the text of a function error. */
export type InvocationEnd = { response: unknown } | { error: string };

/** Where the code of an invocation is killed before its time. */
type Kill = { afterMs: number } | null;

/**
 * A Lambda function: a handler in this process, or code that runs in processes of its own, one for each invocation at a
 * time. Only the latter can be killed; an in-process handler that runs out of time goes on unheard.
 */
export class LambdaFunction {
  readonly timeoutMs: number;
  /** What the processes wrote to stdout. */
  readonly log: string[] = [];
  readonly #code: LambdaHandler | string;
  readonly #environment: Record<string, string>;
  readonly #idle: ChildProcess[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #atWork = new Set<ChildProcess>();
  #folder: string | undefined;
  invocations = 0;

  constructor(code: LambdaHandler | string, options: FunctionOptions = {}) {
    this.#code = code;
    this.timeoutMs = options.timeoutMs ?? 900_000;
    this.#environment = options.environment ?? {};
  }

  async invoke(event: unknown, kill: Kill = null): Promise<InvocationEnd> {
    this.invocations += 1;
    const requestId = `request-${this.invocations}`;
    const limitMs = Math.min(this.timeoutMs, kill?.afterMs ?? Number.POSITIVE_INFINITY);
    const timedOut = JSON.stringify({
      errorMessage: `${new Date().toISOString()} ${requestId} Task timed out after ${(this.timeoutMs / 1_000).toFixed(2)} seconds`,
    });
    // Made ready before the clock starts, as Lambda's initialisation is.
    const child = typeof this.#code === 'string' ? (this.#idle.pop() ?? (await this.#startChild())) : null;
    const timer = new AbortController();
    const work =
      child === null ? this.#callHandler(event, requestId) : this.#callChild(child, event, requestId);
    try {
      const end = await Promise.race([work, sleep(limitMs, null, { signal: timer.signal })]);
      if (end === null) child?.kill('SIGKILL');
      // One that answered while it was being killed is as good as gone.
      else if (child?.connected && !child.killed) this.#idle.push(child);
      return end ?? { error: timedOut };
    } finally {
      timer.abort();
    }
  }

  /** Kills the processes that are at work, as when their environments are lost. */
  async crash(): Promise<void> {
    await killAll([...this.#atWork]);
  }

  async stop(): Promise<void> {
    await killAll([...this.#children]);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #callHandler(event: unknown, requestId: string): Promise<InvocationEnd> {
    const deadline = Date.now() + this.timeoutMs;
    const context = { awsRequestId: requestId, getRemainingTimeInMillis: () => deadline - Date.now() };
    try {
      // As JSON, for that is how it travels.
      return { response: await (this.#code as LambdaHandler)(JSON.parse(JSON.stringify(event)), context) };
    } catch (error) {
      const { message, name } = error as Error;
      return { error: JSON.stringify({ errorMessage: message, errorType: name }) };
    }
  }

  async #callChild(child: ChildProcess, event: unknown, requestId: string): Promise<InvocationEnd> {
    const answered = new Promise<InvocationEnd>((resolve) => {
      child.once('message', (end) => resolve(end as InvocationEnd));
      child.once('exit', () => resolve({ error: '{"errorMessage":"Runtime exited"}' }));
    });
    this.#atWork.add(child);
    try {
      child.send({ requestId, event, deadline: Date.now() + this.timeoutMs });
      return await answered;
    } finally {
      this.#atWork.delete(child);
    }
  }

  async #startChild(): Promise<ChildProcess> {
    if (this.#folder === undefined) {
      this.#folder = mkdtempSync(join(tmpdir(), 'sandbox-lambda-'));
      writeFileSync(join(this.#folder, 'index.js'), this.#code as string);
    }
    // What Node.js has compiled is shared, where a folder is set for it: most of the time of a start goes there.
    const { NODE_COMPILE_CACHE } = process.env;
    const compileCache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
    const child = fork(CHILD, [join(this.#folder, 'index.js')], {
      env: { PATH: process.env.PATH ?? '', ...compileCache, ...this.#environment },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#children.add(child);
    child.setMaxListeners(0);
    child.once('exit', () => this.#children.delete(child));
    child.stdout?.on('data', (chunk: Buffer) => this.log.push(chunk.toString('utf8')));
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (status) => reject(new Error(`the function's code ended with status ${status}`)));
    });
    return child;
  }
}

async function killAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map((child) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      return ended;
    }),
  );
}
