import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { assertWholeFiles } from './checksum.ts';
import { describePlace, locateBadRow } from './locate.ts';
import type { InventorySource } from './source.ts';

/**
 * Turns what the engine says about a file it cannot read into a refusal with the file and the line.
 * @returns the error to throw; one that has nothing to do with the inventory comes back as it is
 */
export async function explainReadError(
  error: unknown,
  engine: QueryEngine,
  source: InventorySource,
  bucket: string,
): Promise<unknown> {
  if (!(error instanceof RunbookError) || error.code !== 'QUERY_FAILED') return error;
  // The last row before a cut looks malformed; that it was cut off is what to say.
  const whole = await assertWholeFiles(source).catch((cause: unknown) => cause);
  if (whole !== undefined) return whole;
  const text = error.cause instanceof Error ? error.cause.message : error.message;
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (line !== undefined) {
    const where = await placeOf(source, /^\s*file = (.+)$/m.exec(text)?.[1], Number(line));
    return new RunbookError('INVENTORY_ROW_MALFORMED', `${where}: ${csvReason(text)}`, {
      hint: 'no row is skipped: correct the line, or take the inventory again',
      cause: error,
    });
  }
  if (/URL decoding/.test(text) || (source.csv !== null && /^Conversion Error/.test(text)))
    return locateBadRow(engine, source, bucket).catch(() => error);
  if (/state machine reached an invalid state/.test(text)) {
    return new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `The lines of ${source.location} end in different ways, some with CR LF and some with LF alone.`,
      { hint: "make them alike: tr -d '\\r' < FILE > NEW", cause: error },
    );
  }
  if (/^(Invalid Input|IO|Conversion|Invalid|Serialization|Invalid type)\b.*Error/i.test(text)) {
    return new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${source.location} cannot be read: ${error.message}`,
      {
        hint: 'check that every file is whole and of the format its name tells, fetch it again if not, then run the same command again',
        cause: error,
      },
    );
  }
  return error;
}

async function placeOf(source: InventorySource, path: string | undefined, line: number): Promise<string> {
  const file = source.files.find((candidate) => candidate.path === path) ?? source.files[0];
  if (file === undefined || (file.path !== path && source.files.length > 1))
    return `${path ?? source.location}, line ${line}`;
  return describePlace(source, file, line, 'counted');
}

/** The sentence in DuckDB's message that says what is wrong with the line. */
function csvReason(text: string): string {
  const lines = text.split('\n').slice(1);
  const start = lines.findIndex((line) =>
    /^(Expected Number|Value with unterminated|Invalid unicode|Maximum line size)/.test(line),
  );
  const sentence = (lines[start === -1 ? 0 : start] ?? '').trim();
  if (sentence.startsWith('Maximum line size')) return 'it is longer than any row of an inventory can be.';
  if (sentence.startsWith('Invalid unicode')) return 'it is not UTF-8.';
  if (sentence.startsWith('Value with unterminated')) return 'a quoted value does not end where it should.';
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(sentence);
  if (columns !== null)
    return `it has ${columns[2]} ${columns[2] === '1' ? 'value' : 'values'} for ${columns[1]} columns.`;
  return sentence;
}
