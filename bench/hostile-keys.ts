import { MAX_KEY_BYTES } from '../src/s3/rollback.ts';

/** Keys that break what reads them carelessly: CSV, SQL, Markdown, HTML, shells, spreadsheets, templates, terminals. */
const PATTERNS: ((number: string) => string)[] = [
  (n) => `"quoted" ${n}.txt`,
  (n) => `"${n}`,
  (n) => `'); DROP TABLE inventory; -- ${n}`,
  (n) => `\n${n} begins with a newline`,
  (n) => `1,2,${n},"\n",last`,
  (n) => `\r\n${n}\r`,
  (n) => `\t${n}\ttabs`,
  (n) => ` leading and trailing ${n} `,
  (n) => `+plus+${n}+and%20percent%2F`,
  (n) => `%2E%2E/${n}%`,
  (n) => `../../${n}/./x`,
  (n) => `/${n}//double//slash/`,
  (n) => `|a|b|${n}|\n|---|---|---|`,
  (n) => `<!-- ${n} -->`,
  (n) => `<script>alert(${n})</script>`,
  (n) => `[${n}](https://example.com/)`,
  (n) => `@everyone ${n}`,
  (n) => `#${n} \`tick\` **bold**`,
  (n) => `\${HOME}/$(id)/\`id\`/${n}`,
  (n) => `\${{ secrets.TOKEN }} ${n}`,
  (n) => `{{${n}}} {{{raw}}} {{#each x}}`,
  (n) => `=cmd|' /C calc'!A${n}`,
  (n) => `-${n} --force`,
  (n) => `::set-output name=x::${n}`,
  (n) => `*?[${n}]~!&;`,
  (n) => `\\${n}\\server\\share`,
  (n) => `😀/👩‍👩‍👧‍👦/${n}.png`,
  (n) => `É/${n}/composed`,
  (n) => `E\u0301/${n}/decomposed`,
  (n) => `\u202e${n}gpj.exe`,
  (n) => `\u001b[31m${n} red\u001b[0m`,
  (n) => `\u007f\u0001${n}`,
  (n) => `%_${n}_like_%`,
  (n) => pad(`~${n}/`, 'x'),
  (n) => pad(`日本/${n}/`, '語'),
  (n) => pad(`😀${n}`, '"'),
];

/**
 * Makes hostile keys in the order of their UTF-8 bytes, all different. None begins with a lower-case letter, so they
 * sort before or after every ordinary key.
 */
export function hostileKeys(count: number): { first: string[]; last: string[] } {
  const keys = Array.from({ length: count }, (_, index) => {
    const pattern = PATTERNS[index % PATTERNS.length];
    const number = String(Math.floor(index / PATTERNS.length)).padStart(3, '0');
    return Buffer.from(pattern === undefined ? number : pattern(number));
  }).sort(Buffer.compare);
  const isFirst = (key: Buffer) => (key[0] ?? 0) < 0x61;
  return {
    first: keys.filter(isFirst).map(String),
    last: keys.filter((key) => !isFirst(key)).map(String),
  };
}

/** Fills a key up to S3's limit of 1,024 bytes. */
function pad(start: string, filling: string): string {
  const room = MAX_KEY_BYTES - Buffer.byteLength(start);
  const text = start + filling.repeat(Math.floor(room / Buffer.byteLength(filling)));
  return text + 'x'.repeat(MAX_KEY_BYTES - Buffer.byteLength(text));
}
