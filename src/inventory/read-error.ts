import type { QueryEngine } from '../engine/duckdb.ts';
import { RunbookError } from '../errors.ts';
import { locateBadRow } from './locate.ts';
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
  const text = error.cause instanceof Error ? error.cause.message : error.message;
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (line !== undefined) {
    const file = /^\s*file = (.+)$/m.exec(text)?.[1] ?? source.location;
    return new RunbookError('INVENTORY_ROW_MALFORMED', `${file}, line ${line}: ${csvReason(text)}`, {
      hint: 'no row is skipped: correct the line, or take the inventory again',
      cause: error,
    });
  }
  if (/URL decoding/.test(text)) return locateBadRow(engine, source, bucket);
  if (/^(Invalid Input|IO|Conversion|Invalid|Serialization|Invalid type)\b.*Error/i.test(text)) {
    return new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${source.location} cannot be read: ${error.message}`,
      {
        hint: 'check that every file is whole and of the format its name tells; then run the same command again',
        cause: error,
      },
    );
  }
  return error;
}

/** The sentence in DuckDB's message that says what is wrong with the line. */
function csvReason(text: string): string {
  const lines = text.split('\n').slice(1);
  const start = lines.findIndex((line) =>
    /^(Expected Number|Error when converting|Value with unterminated|Invalid unicode|Maximum line size)/.test(
      line,
    ),
  );
  const sentence = (lines[start === -1 ? 0 : start] ?? '').trim();
  if (sentence.startsWith('Invalid unicode')) return 'it is not UTF-8.';
  if (sentence.startsWith('Value with unterminated')) return 'a quoted value does not end.';
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(sentence);
  if (columns !== null) return `it has ${columns[2]} columns, not ${columns[1]}.`;
  const value = /column "(.+)"\. Could not convert string "(.*)" to '(\w+)'/.exec(sentence);
  const kinds: Record<string, string> = {
    BIGINT: 'a whole number',
    BOOLEAN: 'true or false',
    'TIMESTAMP WITH TIME ZONE': 'a time',
  };
  if (value !== null)
    return `${value[1]} is '${value[2]}', which is not ${kinds[value[3] ?? ''] ?? 'a time'}.`;
  return sentence;
}
