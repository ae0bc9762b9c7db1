import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../faults.ts';
import { S3Error } from '../http/errors.ts';
import type { Sandbox } from '../server.ts';
import type { Store } from '../store.ts';
import { copyTask } from './copy-task.ts';
import { InvocationFaults } from './faults.ts';
import { type Delivery, invokeTasks } from './invoke-tasks.ts';
import { countFailed, type Job, type JobDefinition, type JobTask, TERMINAL } from './job.ts';
import { type FunctionOptions, LambdaFunction, type LambdaHandler } from './lambda-function.ts';
import { PreparationError, readManifestTasks } from './manifest.ts';
import { writeReport } from './report.ts';
import { restoreTask } from './restore-task.ts';
import { retentionTask } from './retention-task.ts';
import { batchRoutes } from './routes.ts';

const DAY_MS = 86_400_000;
/** "Jobs are deleted 90 days after they ended" (Batch Operations, Troubleshooting). */
const KEPT_MS = 90 * DAY_MS;
/** How long a job waits for its confirmation. No public text gives a figure; 30 days is what people report. */
const SUSPENDED_MS = 30 * DAY_MS;
/** "Tracking job status": at least 1,000 tasks run, more than half failed. */
const THRESHOLD_TASKS = 1_000;

export type BatchSettings = {
  /** Waited between two states, and before a task is delivered again. */
  stepMs: number;
  /** Invocations of one job at a time. */
  concurrency: number;
  tasksPerInvocation: number;
  /** How often a task is delivered again before it counts as failed; AWS publishes no number. */
  redeliveries: number;
};

/** S3 Batch Operations of a sandbox: jobs that really run, over functions that are registered under their ARN. */
export class BatchOperations {
  readonly jobs = new Map<string, Job>();
  readonly faults = new InvocationFaults();
  readonly settings: BatchSettings = { stepMs: 2, concurrency: 4, tasksPerInvocation: 1, redeliveries: 5 };
  /** Whether the role of a job lets S3 invoke a function, or write. */
  mayInvoke: (roleArn: string) => boolean = () => true;
  readonly #functions = new Map<string, LambdaFunction>();
  readonly #store: Store;
  readonly #requestFaults: Faults;
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(sandbox: Sandbox) {
    this.#store = sandbox.store;
    this.#requestFaults = sandbox.faults;
    sandbox.routes.push(...batchRoutes(this));
  }

  get now(): number {
    return this.#store.context.clock.now();
  }

  /** Registers a handler, or code that gets processes of its own, under the ARN by which jobs name it. */
  registerFunction(arn: string, code: LambdaHandler | string, options?: FunctionOptions): LambdaFunction {
    const lambda = new LambdaFunction(code, options);
    this.#functions.set(arn, lambda);
    return lambda;
  }

  /** @throws S3Error IdempotencyException */
  create(definition: JobDefinition, request: string): Job {
    for (const job of this.jobs.values()) {
      if (job.definition.token !== definition.token) continue;
      if (job.request === request) return job;
      const message = 'The ClientRequestToken was used for another job';
      throw new S3Error('IdempotencyException', { status: 400, message });
    }
    const job: Job = {
      id: crypto.randomUUID(),
      definition,
      request,
      createdAt: this.now,
      priority: definition.priority,
      tags: definition.tags,
      status: 'New',
      statusUpdateReason: undefined,
      suspendedAt: undefined,
      terminatedAt: undefined,
      activeSince: undefined,
      failureReasons: [],
      tasks: undefined,
      ends: [],
    };
    this.jobs.set(job.id, job);
    this.#begin(this.#prepare(job));
    return job;
  }

  /** @throws S3Error NoSuchJob, as long after its end as S3 forgets a job */
  find(id: string): Job {
    this.age();
    const job = this.jobs.get(id);
    if (job === undefined) {
      const message = 'The specified job does not exist.';
      throw new S3Error('NoSuchJob', { status: 404, message });
    }
    return job;
  }

  /** Ends jobs that were never confirmed and forgets those that ended long ago. */
  age(): void {
    for (const job of this.jobs.values()) {
      if (job.status === 'Suspended' && this.now - (job.suspendedAt ?? this.now) > SUSPENDED_MS) {
        this.#end(job, 'Failed', { code: 'JobExpired', reason: 'The job was not confirmed in time.' });
      }
      if (job.terminatedAt !== undefined && this.now - job.terminatedAt > KEPT_MS) this.jobs.delete(job.id);
    }
  }

  /** API_control_UpdateJobStatus. @throws S3Error JobStatusException */
  updateStatus(job: Job, requested: string, reason: string | undefined): void {
    if (requested === 'Ready' && job.status === 'Suspended') {
      job.status = 'Ready';
      this.#begin(this.#activate(job));
    } else if (requested === 'Cancelled' && !TERMINAL.includes(job.status)) {
      const isIdle = job.status === 'Suspended' || job.status === 'New';
      job.status = 'Cancelling';
      if (isIdle) this.#end(job, 'Cancelled');
    } else {
      const message = `The job is ${job.status} and cannot become ${requested}`;
      throw new S3Error('JobStatusException', { status: 400, message });
    }
    job.statusUpdateReason = reason;
  }

  /** Waits until no job moves any more by itself. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Stops every job where it stands, and the functions. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#functions.values()].map((lambda) => lambda.stop()));
    await this.settle();
  }

  #begin(work: Promise<void>): void {
    const done = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #prepare(job: Job): Promise<void> {
    await sleep(this.settings.stepMs);
    if (job.status !== 'New') return;
    job.status = 'Preparing';
    await sleep(this.settings.stepMs);
    try {
      job.tasks = readManifestTasks(this.#store, job.definition);
    } catch (error) {
      if (!(error instanceof PreparationError)) throw error;
      job.status = 'Failing';
      await sleep(this.settings.stepMs);
      this.#end(job, 'Failed', { code: error.code, reason: error.message });
      return;
    }
    if (this.#isCancelled(job)) {
      this.#end(job, 'Cancelled');
    } else if (job.definition.confirmationRequired) {
      job.status = 'Suspended';
      job.suspendedAt = this.now;
    } else {
      job.status = 'Ready';
      await this.#activate(job);
    }
  }

  async #activate(job: Job): Promise<void> {
    await sleep(this.settings.stepMs);
    if (job.status === 'Ready') {
      job.status = 'Active';
      job.activeSince = this.now;
      const queue = this.#shuffled(job.tasks ?? []).map((task) => ({ task, deliveries: 0 }));
      const lanes = Array.from({ length: this.settings.concurrency }, () => this.#work(job, queue));
      await Promise.all(lanes);
    }
    if (this.#isStopped) return;
    const hasFailed = isOverThreshold(job);
    if (!this.#isCancelled(job)) job.status = hasFailed ? 'Failing' : 'Completing';
    await sleep(this.settings.stepMs);
    const reason = { code: 'FailureThreshold', reason: 'More than half of the tasks have failed.' };
    if (this.#isCancelled(job)) this.#end(job, 'Cancelled');
    else this.#end(job, hasFailed ? 'Failed' : 'Complete', hasFailed ? reason : undefined);
  }

  async #work(job: Job, queue: { task: JobTask; deliveries: number }[]): Promise<void> {
    while (queue.length > 0 && job.status === 'Active' && !this.#isStopped && !isOverThreshold(job)) {
      const entries = queue.splice(0, this.settings.tasksPerInvocation);
      const deliveries = await this.#deliver(
        job,
        entries.map(({ task }) => task),
      );
      for (const [index, delivery] of deliveries.entries()) {
        const { task, kind, errorCode, httpStatus, message } = delivery;
        const count = (entries[index]?.deliveries ?? 0) + 1;
        if (kind === 'temporary' && count <= this.settings.redeliveries) {
          await sleep(this.settings.stepMs);
          queue.push({ task, deliveries: count });
        } else job.ends.push({ task, succeeded: kind === 'succeeded', errorCode, httpStatus, message });
      }
    }
  }

  async #deliver(job: Job, tasks: readonly JobTask[]): Promise<Delivery[]> {
    const { operation, roleArn } = job.definition;
    if (operation.kind === 'S3PutObjectRetention') {
      const context = { store: this.#store, faults: this.#requestFaults };
      if (!this.mayInvoke(roleArn)) return tasks.map((task) => denied(task, 's3:PutObjectRetention'));
      return await Promise.all(tasks.map((task) => retentionTask(context, operation, task)));
    }
    if (operation.kind === 'S3InitiateRestoreObject') {
      const context = { store: this.#store, faults: this.#requestFaults };
      if (!this.mayInvoke(roleArn)) return tasks.map((task) => denied(task, 's3:RestoreObject'));
      return await Promise.all(tasks.map((task) => restoreTask(context, operation, task)));
    }
    if (operation.kind === 'S3PutObjectCopy') {
      if (!this.mayInvoke(job.definition.roleArn)) return tasks.map((task) => denied(task, 's3:PutObject'));
      const context = { store: this.#store, faults: this.#requestFaults };
      return await Promise.all(tasks.map((task) => copyTask(context, operation, task)));
    }
    if (!this.mayInvoke(job.definition.roleArn)) {
      return tasks.map((task) => denied(task, 'lambda:InvokeFunction'));
    }
    const lambda = this.#functions.get(operation.functionArn);
    return await invokeTasks(job, operation, lambda, this.faults, tasks);
  }

  #end(job: Job, status: Job['status'], failure?: Job['failureReasons'][number]): void {
    if (failure !== undefined) job.failureReasons.push(failure);
    writeReport(this.#store, job);
    job.status = status;
    job.terminatedAt = this.now;
  }

  #isCancelled(job: Job): boolean {
    return job.status === 'Cancelling';
  }

  /** No order is promised. */
  #shuffled(tasks: readonly JobTask[]): JobTask[] {
    const { random } = this.#store.context;
    return tasks
      .map((task) => ({ task, place: random.uint32() }))
      .toSorted((left, right) => left.place - right.place)
      .map(({ task }) => task);
  }
}

function denied(task: JobTask, action: string): Delivery {
  const message = `AccessDenied: the role of the job is not authorized to perform: ${action}`;
  return { task, kind: 'failed', errorCode: 'AccessDenied', httpStatus: '403', message };
}

function isOverThreshold(job: Job): boolean {
  return job.ends.length >= THRESHOLD_TASKS && countFailed(job) > job.ends.length / 2;
}
