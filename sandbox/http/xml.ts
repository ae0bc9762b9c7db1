import { XMLParser } from 'fast-xml-parser';
import { S3Error } from './errors.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Characters that XML 1.0 cannot carry, not even as a reference. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const UNREPRESENTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
const SPECIAL = /[&<>"\u0000-\u001f]/g;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Escapes text for an element. Control characters become references even where XML 1.0 forbids them: S3 does the same
 * without `encoding-type=url`, and names that as the reason for the parameter (API_ListObjectVersions).
 */
function escapeXml(text: string): string {
  if (text.search(SPECIAL) < 0) return text;
  return text.replace(
    SPECIAL,
    (character) => ENTITIES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

/** An element, or nothing where the value is undefined. */
export function element(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** A whole document in S3's namespace; `content` is XML already. */
export function document(root: string, content: string): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** Time as S3 writes it in documents: whole seconds, with zero milliseconds. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** An element of a request body. */
export type XmlNode = { readonly text: string; readonly children: ReadonlyMap<string, readonly XmlNode[]> };

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  // Entities are decoded below: the parser knows no numeric references, and limits how many a document may hold.
  processEntities: false,
  removeNSPrefix: true,
});

/**
 * Parses a request body and checks the name of its root.
 * @throws S3Error MalformedXML
 */
export function parseXml(body: Buffer, root: string): XmlNode {
  const source = body.toString('utf8').replace(/\r\n?/g, '\n');
  if (source.trim() === '') throw new S3Error('MissingRequestBodyError');
  if (UNREPRESENTABLE.test(source)) throw new S3Error('MalformedXML');
  let parsed: unknown;
  try {
    parsed = parser.parse(source, true);
  } catch {
    throw new S3Error('MalformedXML');
  }
  const node = readNode(parsed).children.get(root)?.[0];
  if (node === undefined) throw new S3Error('MalformedXML');
  return node;
}

export function child(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.get(name)?.[0];
}

export function childText(node: XmlNode | undefined, name: string): string | undefined {
  return child(node, name)?.text;
}

function readNode(items: unknown): XmlNode {
  const children = new Map<string, XmlNode[]>();
  let text = '';
  for (const item of Array.isArray(items) ? items : []) {
    for (const [name, value] of Object.entries(item as Record<string, unknown>)) {
      if (name === '#text') text += decodeEntities(String(value));
      else if (name !== ':@') {
        const same = children.get(name);
        if (same === undefined) children.set(name, [readNode(value)]);
        else same.push(readNode(value));
      }
    }
  }
  return { text, children };
}

function decodeEntities(text: string): string {
  return text.replace(/&([^;]*);/g, (_, name: string) => {
    const character = name.startsWith('#') ? characterOf(name) : NAMED[name];
    if (character === undefined || UNREPRESENTABLE.test(character)) throw new S3Error('MalformedXML');
    return character;
  });
}

function characterOf(reference: string): string | undefined {
  const hexadecimal = /^#x([0-9a-f]{1,6})$/i.exec(reference)?.[1];
  const decimal = /^#([0-9]{1,7})$/.exec(reference)?.[1];
  const point = hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
