import { readCsvBytes } from './csv-bytes.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * Finds the line, as an editor counts them, on which a row of a CSV file begins. A quoted value may hold line breaks,
 * so rows are not lines.
 * @param row counted from 1, the header included
 * @param blankLines whether the count of rows includes blank lines: DuckDB's error messages do, its rows do not
 * @returns the line from 1; the last one where the file has fewer rows
 */
export async function lineOfRow(
  path: string,
  gzipped: boolean,
  row: number,
  blankLines: 'counted' | 'skipped',
): Promise<number> {
  let line = 1;
  let rows = 0;
  let isQuoted = false;
  let isBlank = true;
  let before = COMMA;
  for await (const chunk of readCsvBytes(path, gzipped)) {
    for (const byte of chunk) {
      if (isQuoted) {
        if (byte === QUOTE) isQuoted = false;
        else if (byte === LINE_FEED) line += 1;
      } else if (byte === LINE_FEED) {
        if (!isBlank || blankLines === 'counted') rows += 1;
        line += 1;
        isBlank = true;
        if (blankLines === 'counted' && rows === row - 1) return line;
      } else if (byte !== CARRIAGE_RETURN) {
        if (isBlank && rows === row - 1) return line;
        isBlank = false;
        // A quote opens a value at its beginning, and again after the quote that seemed to close it.
        isQuoted = byte === QUOTE && (before === COMMA || before === LINE_FEED || before === QUOTE);
      }
      before = byte;
    }
  }
  return line;
}
