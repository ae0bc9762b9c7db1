import type { Journal } from './journal.ts';

/** Writes lines to a journal; those that come while a write is under way go into the next one together. */
export type JournalWriter = {
  /** Durable when it resolves. @throws what the journal's append threw, here and from then on */
  write(lines: string): Promise<void>;
  /** Leaves lines to the next write or flush: on S3 each append is a request that is paid for. */
  add(lines: string): void;
  /** Resolves when all that was written before is durable. */
  flush(): Promise<void>;
};

export function journalWriter(journal: Journal): JournalWriter {
  let waiting = '';
  let last: Promise<void> = Promise.resolve();
  let isScheduled = false;

  const schedule = (): Promise<void> => {
    if (isScheduled) return last;
    isScheduled = true;
    last = last.then(async () => {
      const lines = waiting;
      waiting = '';
      isScheduled = false;
      await journal.append(lines);
    });
    // Whoever writes next or flushes gets the error; without this it would count as unhandled.
    last.catch(() => {});
    return last;
  };
  return {
    write(lines) {
      waiting += lines;
      return schedule();
    },
    add(lines) {
      waiting += lines;
    },
    flush: () => (waiting === '' ? last : schedule()),
  };
}
