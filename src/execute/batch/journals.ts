import type { ObjectCalls } from '../../s3/object-calls.ts';
import type { Scenario } from '../../s3/rollback.ts';
import type { Sleep } from '../backoff.ts';
import type { Split } from '../split.ts';
import { readJournalObjects } from './journal-objects.ts';
import { journalsPrefix, type RecordPlace } from './record-place.ts';

/** Journals read ahead while the ones before are folded. */
const READ_AHEAD = 64;

type Calls = Pick<ObjectCalls, 'readObject' | 'listKeys'>;
type SplitKeys = { split: number; keys: string[] };

/**
 * Reads the journals of a scenario in the order of their splits. All of them are listed at once, as a LIST for each
 * would cost more than reading them.
 * @returns a function that answers the journal of a split; splits have to be asked for in ascending order
 */
export function journalsInOrder(
  calls: Calls,
  place: RecordPlace,
  scenario: Scenario,
  pause: Sleep,
): (split: Split) => Promise<string> {
  const groups = groupKeys(calls.listKeys(place.bucket, journalsPrefix(place, scenario)));
  const ahead: { split: number; text: Promise<string> }[] = [];
  const fill = async () => {
    while (ahead.length < READ_AHEAD) {
      const next = await groups.next();
      if (next.done) return;
      const { split, keys } = next.value;
      const text = readJournalObjects(calls, place.bucket, keys, pause);
      // Awaited when it is its turn.
      text.catch(() => {});
      ahead.push({ split, text });
    }
  };
  return async ({ number }) => {
    do {
      while (ahead[0] !== undefined && ahead[0].split < number) ahead.shift();
      await fill();
    } while (ahead[0] !== undefined && ahead[0].split < number);
    const [first] = ahead;
    return first?.split === number ? await first.text : '';
  };
}

async function* groupKeys(keys: AsyncIterable<string>): AsyncGenerator<SplitKeys> {
  let group: SplitKeys | null = null;
  for await (const key of keys) {
    const number = /\/(\d{7})\/[^/]+$/.exec(key)?.[1];
    if (number === undefined) continue;
    if (group !== null && group.split === Number(number)) {
      group.keys.push(key);
      continue;
    }
    if (group !== null) yield group;
    group = { split: Number(number), keys: [key] };
  }
  if (group !== null) yield group;
}
