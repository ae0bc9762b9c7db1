const TAG_NAME = /^(?:[^\s:]+:)?([^\s:]+)/;

/** Name of a tag without namespace prefix and attributes. */
export function nameOf(xml: string, start: number, end: number): string {
  return TAG_NAME.exec(xml.slice(start, end))?.[1] ?? '';
}

const ENTITY = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/g;
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text between two tags, its entities decoded. */
export function textOf(xml: string, start: number, end: number): string {
  if (start === end) return '';
  const text = xml.slice(start, end);
  if (!text.includes('&')) return text;
  return text.replace(ENTITY, (whole, hexadecimal?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
