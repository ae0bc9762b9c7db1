import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./lambda-child.ts', import.meta.url));

/** The code of a function and what its processes get to know of the world. */
export type LambdaCode = {
  readonly text: string;
  readonly environment: Readonly<Record<string, string>>;
  /** is told what a process writes to stdout */
  readonly log: (text: string) => void;
};

/** Processes that have nothing to do, those that have waited longest first. */
const idle: LambdaProcess[] = [];

/**
 * A process that runs the code of one function at a time. Starting Node.js and loading the SDK takes longer than a
 * task does, so one that is done waits for the next task, be it another function's: that one's code is loaded anew,
 * under its own environment, as in a new process. All of them end with the process that started them.
 */
export class LambdaProcess {
  readonly #child: ChildProcess;
  #code: LambdaCode | undefined;

  /**
   * @returns one that has loaded the code
   * @throws Error where it cannot be loaded
   */
  static async take(code: LambdaCode): Promise<LambdaProcess> {
    const place = idle.findLastIndex((one) => one.#code === code);
    const [known] = idle.splice(place === -1 ? 0 : place, 1);
    if (known !== undefined && !known.#isRunning) return await LambdaProcess.take(code);
    const taken = known ?? new LambdaProcess();
    taken.#hold(true);
    if (taken.#code !== code) await taken.#load(code);
    return taken;
  }

  private constructor() {
    // What Node.js has compiled is shared, where a folder is set for it: most of the time of a start goes there.
    const { NODE_COMPILE_CACHE } = process.env;
    const compileCache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
    this.#child = fork(CHILD, {
      env: { PATH: process.env.PATH ?? '', ...compileCache },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#code?.log(chunk.toString('utf8')));
  }

  get #isRunning(): boolean {
    return this.#child.connected && !this.#child.killed;
  }

  /** @returns its answer; null: it ended before it gave one */
  async ask(question: object): Promise<unknown> {
    const child = this.#child;
    return await new Promise((resolve) => {
      const hear = (answer: unknown) => {
        child.off('exit', end);
        resolve(answer);
      };
      const end = () => {
        child.off('message', hear);
        resolve(null);
      };
      child.once('message', hear);
      child.once('exit', end);
      // Without one, a process that has just ended would be an error of the whole program.
      child.send(question, () => {});
    });
  }

  /** Lets it wait for another task; one that is being killed is as good as gone. */
  leave(): void {
    if (!this.#isRunning) return;
    this.#hold(false);
    idle.push(this);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #load(code: LambdaCode): Promise<void> {
    this.#code = code;
    const answer = await this.ask({ code: code.text, environment: code.environment });
    if (answer === null) throw new Error(`the function's code ended with status ${this.#child.exitCode}`);
  }

  /** Whether this process has to stay for it. */
  #hold(held: boolean): void {
    const { channel, stdout } = this.#child;
    for (const one of [this.#child, channel, stdout instanceof Socket ? stdout : null]) {
      if (held) one?.ref();
      else one?.unref();
    }
  }
}
