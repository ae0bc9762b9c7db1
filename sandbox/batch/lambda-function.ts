import { setTimeout as sleep } from 'node:timers/promises';
import { type LambdaCode, LambdaProcess } from './lambda-process.ts';

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

const EXITED: InvocationEnd = { error: '{"errorMessage":"Runtime exited"}' };

/** Where the code of an invocation is killed before its time. */
type Kill = { afterMs: number } | null;

/**
 * A Lambda function: a handler in this process, or code that runs in processes, one for each invocation at a time. Only
 * the latter can be killed; an in-process handler that runs out of time goes on unheard.
 */
export class LambdaFunction {
  readonly timeoutMs: number;
  /** What the processes wrote to stdout. */
  readonly log: string[] = [];
  readonly #code: LambdaHandler | LambdaCode;
  readonly #atWork = new Set<LambdaProcess>();
  #isStopped = false;
  invocations = 0;

  constructor(code: LambdaHandler | string, options: FunctionOptions = {}) {
    const { timeoutMs = 900_000, environment = {} } = options;
    this.timeoutMs = timeoutMs;
    const log = (text: string) => this.log.push(text);
    this.#code = typeof code === 'string' ? { text: code, environment, log } : code;
  }

  async invoke(event: unknown, kill: Kill = null): Promise<InvocationEnd> {
    this.invocations += 1;
    const requestId = `request-${this.invocations}`;
    const limitMs = Math.min(this.timeoutMs, kill?.afterMs ?? Number.POSITIVE_INFINITY);
    const timedOut = JSON.stringify({
      errorMessage: `${new Date().toISOString()} ${requestId} Task timed out after ${(this.timeoutMs / 1_000).toFixed(2)} seconds`,
    });
    // Made ready before the clock starts, as Lambda's initialisation is.
    const taken = typeof this.#code === 'function' ? null : await LambdaProcess.take(this.#code);
    if (this.#isStopped) {
      taken?.leave();
      return EXITED;
    }
    const timer = new AbortController();
    const work =
      taken === null ? this.#callHandler(event, requestId) : this.#callProcess(taken, event, requestId);
    try {
      const end = await Promise.race([work, sleep(limitMs, null, { signal: timer.signal })]);
      if (end === null) void taken?.kill();
      else taken?.leave();
      return end ?? { error: timedOut };
    } finally {
      timer.abort();
    }
  }

  /** Kills the processes that are at work, as when their environments are lost. */
  async crash(): Promise<void> {
    await Promise.all([...this.#atWork].map((one) => one.kill()));
  }

  /** Lets none begin any more, and kills those that are at work. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.crash();
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

  async #callProcess(taken: LambdaProcess, event: unknown, requestId: string): Promise<InvocationEnd> {
    this.#atWork.add(taken);
    try {
      const end = await taken.ask({ requestId, event, deadline: Date.now() + this.timeoutMs });
      return (end as InvocationEnd | null) ?? EXITED;
    } finally {
      this.#atWork.delete(taken);
    }
  }
}
