import type { SeededRandom } from '../../sandbox/random.ts';
import { runDirect } from '../../src/execute/direct.ts';
import type { Journal } from '../../src/execute/journal.ts';
import { type PlanRecord, readRecord } from '../../src/execute/record.ts';
import type { RunOutcome } from '../../src/execute/run-files.ts';
import { folderStore, type RunStore } from '../../src/execute/run-store.ts';
import type { S3Calls } from '../../src/execute/s3-calls.ts';
import type { Stage } from './harness.ts';

/**
 * The death of a process, at any step it takes and in no time: what a SIGKILL does, where it has to be done at each of
 * a hundred moments. From then on nothing is sent and nothing is written.
 */
class Death extends Error {}

/** The steps of a run: a request is two (before it is sent, and once it was carried out), an append three. */
type Life = { steps: number; isOver: boolean };

/** Where a life ends; `torn` says how much of a journal line gets to the disk. */
export type Fate = { step: number; torn: number };

/**
 * Runs a record until the given step, or to its end where that comes first.
 * @returns how many steps it took, and the outcome, or null where it died
 */
export async function runUntil(
  stage: Stage,
  record: PlanRecord,
  { step, torn }: Fate,
): Promise<{ steps: number; outcome: RunOutcome | null }> {
  const life: Life = { steps: 0, isOver: false };
  const live = () => {
    if (life.isOver) throw new Death();
    life.steps += 1;
    if (life.steps < step) return;
    life.isOver = true;
    throw new Death();
  };
  const own = await readRecord(record.folder);
  try {
    const outcome = await runDirect({
      record: own,
      calls: mortalCalls(stage.calls, live),
      store: mortalStore(folderStore(own), live, torn),
      progress: () => {},
      pause: async () => {},
      isStopped: () => false,
    });
    return { steps: life.steps, outcome };
  } catch (error) {
    if (!life.isOver) throw error;
    return { steps: life.steps, outcome: null };
  }
}

/** A fate within so many steps. */
export function drawFate(random: SeededRandom, steps: number): Fate {
  return { step: 1 + Math.floor(random.fraction() * steps), torn: random.fraction() };
}

function mortalCalls(calls: S3Calls, live: () => void): S3Calls {
  return new Proxy(calls, {
    get(target, name: keyof S3Calls) {
      if (name === 'serverTime') return target.serverTime;
      const send = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        live();
        const answer = await send(...args);
        live();
        return answer;
      };
    },
  });
}

function mortalStore(store: RunStore, live: () => void, torn: number): RunStore {
  const whole =
    <Args extends unknown[]>(write: (...args: Args) => Promise<void>) =>
    async (...args: Args) => {
      live();
      await write(...args);
      live();
    };
  return {
    readStart: store.readStart,
    writeStart: whole(store.writeStart),
    writeOutcomes: whole(store.writeOutcomes),
    writeOutcome: whole(store.writeOutcome),
    writeRestore: whole(store.writeRestore),
    withJournal: (scenario, split, work) =>
      store.withJournal(scenario, split, (held) =>
        work({ ...held, journal: mortalJournal(held.journal, live, torn) }),
      ),
  };
}

function mortalJournal(journal: Journal, live: () => void, torn: number): Journal {
  return {
    read: journal.read,
    async append(text) {
      live();
      try {
        live();
      } catch (error) {
        // The power went while the lines were on their way to the disk.
        const part = text.slice(0, Math.floor(torn * text.length));
        if (part !== '') await journal.append(part);
        throw error;
      }
      await journal.append(text);
      live();
    },
    async close() {
      live();
      await journal.close();
      live();
    },
  };
}
