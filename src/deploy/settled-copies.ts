import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OUTCOME_HEADER, parseOutcomeRow } from '../execute/outcome-file.ts';
import { compareKeys } from '../s3/key-order.ts';
import { decodeKey } from '../s3/manifest.ts';
import type { Scenario } from '../s3/rollback.ts';

/** What the copies into one storage class came to: rows of outcomes in key order, in a file of this machine. */
export type SettledCopies = { scenario: Scenario; file: string };

/** Characters handed on together. */
const PART_CHARACTERS = 262_144;

/**
 * The outcomes of a scenario from those of its storage classes, each in key order: the text of
 * `outcomes/scenario<N>.csv` in parts, in the order of the scenario's own manifest.
 */
export async function* joinSettled(files: readonly string[]): AsyncGenerator<string> {
  const sources = files.map((file) => linesOf(file));
  const heads = await Promise.all(sources.map(readHead));
  let text = `${OUTCOME_HEADER}\n`;
  for (;;) {
    let least = -1;
    for (const [index, head] of heads.entries()) {
      const other = heads[least];
      if (head === null || (other != null && compareKeys(other.key, head.key) <= 0)) continue;
      least = index;
    }
    const [head, source] = [heads[least], sources[least]];
    if (head == null || source === undefined) break;
    text += `${head.line}\n`;
    heads[least] = await readHead(source);
    if (text.length < PART_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text;
}

async function* linesOf(path: string): AsyncGenerator<string, undefined> {
  yield* createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
}

async function readHead(
  source: AsyncGenerator<string, undefined>,
): Promise<{ line: string; key: string } | null> {
  const next = await source.next();
  if (next.done) return null;
  const key = decodeKey(parseOutcomeRow(next.value)?.encodedKey ?? '');
  if (key === null) throw new TypeError('a row of outcomes was written by us');
  return { line: next.value, key };
}
