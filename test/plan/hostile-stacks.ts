import { MAX_KEY_BYTES } from '../../src/s3/rollback.ts';
import { parseStack } from './stacks.ts';

/** Keys that break what reads them carelessly. */

export const BYTE_ORDER_MARK = '\ufeff';

export const HOSTILE_KEYS: Record<string, string> = {
  'double quotes': '"a" and "b',
  'single quotes': "'); DROP TABLE inventory; --",
  newline: 'line 1\nline 2\n',
  'carriage return': 'line 1\r\nline 2\r',
  tab: '\ta\t',
  comma: ',a,,b,',
  pipe: '|a|b|',
  'HTML comment': '<!-- a -->',
  mention: '@name',
  'shell and workflow expressions': `\${{ secrets.A }} \${HOME} $(id) \`id\``,
  'template tags': '{{a}} {{{b}}} {{#each c}}',
  formula: "=cmd|' /C calc'!A0",
  plus: '+a+b+',
  percent: '100%',
  'percent-encoded slash': 'a%2Fb%2fc',
  'percent-encoded twice': '%252F%2B%20',
  'not quite percent-encoded': '%zz%1',
  'spaces at the ends': '  a  b  ',
  'one space': ' ',
  tilde: '~a~',
  'glob signs': '*?[a]',
  backslashes: '\\a\\"b',
  'control characters': Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join(''),
  delete: 'a\u007fb\u0085',
  'terminal colors': '\u001b[31mred\u001b[0m',
  emoji: '👩‍👩‍👧‍👦/😀',
  bidirectional: '\u202egpj.exe\u2066',
  'zero width and byte order mark': `${BYTE_ORDER_MARK}a\u200bb`,
  composed: 'é',
  decomposed: 'e\u0301',
  '1,024 bytes of one each': 'x'.repeat(MAX_KEY_BYTES),
  '1,024 bytes of three each': `${'語'.repeat(341)}x`,
  '1,024 bytes of four each': '😀'.repeat(256),
  '1,024 bytes that all are encoded': '"'.repeat(MAX_KEY_BYTES),
  'a slash alone': '/',
  'slashes alone': '///',
  'folders of dots': '../.././a',
  'looks like a row': 'example-bucket,a,v1,v2,10,STANDARD',
  'looks like NULL': 'NULL',
  'looks like a header': 'key_name',
  number: '007',
};

/** Every key once in each list: to copy, with a marker to remove, with one to add, and left alone. */
export const HOSTILE_STACKS = new Map(
  ['V1 -> V2', 'V1 -> DM1', '-> V1', 'V1, V2[tie] -> V3'].flatMap((notation, index) =>
    Object.values(HOSTILE_KEYS).flatMap((key) => {
      // The first list has the keys as they are, the others a digit behind them, if there is room.
      const own = index === 0 ? key : `${key}${index}`;
      return Buffer.byteLength(own) > MAX_KEY_BYTES ? [] : [[own, parseStack(notation)] as const];
    }),
  ),
);
