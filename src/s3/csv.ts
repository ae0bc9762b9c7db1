/** Lines of CSV as RFC 4180 has them, but for line breaks inside a field: our fields never hold one. */

const NEEDS_QUOTES = /[",\r\n]/;

/** Formats fields as one line without its line break. Line breaks in a field become spaces. */
export function formatCsvLine(fields: readonly (string | number | null)[]): string {
  let line = '';
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (index > 0) line += ',';
    line += typeof field === 'number' ? field : formatField(field);
  }
  return line;
}

/**
 * Parses one line, without its line break.
 * @returns the fields, or null where the line is no CSV: a quote that never ends, or text behind a closing quote
 */
export function parseCsvLine(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let position = 0;
  while (position <= line.length) {
    if (line[position] === '"') {
      const end = closingQuote(line, position + 1);
      if (end < 0 || (end + 1 < line.length && line[end + 1] !== ',')) return null;
      fields.push(line.slice(position + 1, end).replaceAll('""', '"'));
      position = end + 2;
      if (end + 1 === line.length) return fields;
    } else {
      const comma = line.indexOf(',', position);
      fields.push(line.slice(position, comma < 0 ? line.length : comma));
      if (comma < 0) return fields;
      position = comma + 1;
    }
  }
  return fields;
}

function formatField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replace(/[\r\n]+/g, ' ').replaceAll('"', '""')}"` : text;
}

function closingQuote(line: string, from: number): number {
  let position = line.indexOf('"', from);
  while (position >= 0 && line[position + 1] === '"') position = line.indexOf('"', position + 2);
  return position;
}
