/** YAML of CloudFormation templates. Values enter through these helpers, never by splicing. */

/** What YAML 1.1 readers refuse even between quotes: DEL, C1 controls, separators, byte order mark, noncharacters. */
const NOT_PRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
/** A literal block takes printable characters, tabs and line feeds alone. */
const NOT_IN_BLOCK = /[^\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/** A scalar in double quotes (JSON is YAML), or a whole number. */
export function yamlScalar(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') throw new TypeError(`YAML text expected, got ${typeof value}`);
  return JSON.stringify(value).replace(
    NOT_PRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Text of several lines as a literal block, so that a reviewer can read it; between quotes where a block cannot hold it.
 * @param indent spaces before each line; two more than the key that the block belongs to has
 */
export function yamlBlock(value: unknown, indent: unknown): string {
  if (typeof value !== 'string' || typeof indent !== 'number') throw new TypeError('YAML text expected');
  if (NOT_IN_BLOCK.test(value) || value.trim() === '') return yamlScalar(value);
  const margin = ' '.repeat(indent);
  const lines = value.split('\n').map((line) => (line === '' ? '' : `${margin}${line}`));
  return `|2-\n${lines.join('\n').trimEnd()}`;
}
