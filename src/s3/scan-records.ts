import { nameOf, textOf } from './xml-text.ts';

/** An element below the root of a document, with the text of the elements in it. */
export type ScannedRecord = { element: string; fields: Record<string, string> };

const SLASH = 47;
const EXCLAMATION = 33;
const QUESTION = 63;

/**
 * Reads a document that is a plain list, such as DeleteResult: below its root are elements that hold elements with
 * text; what lies deeper is passed over. A general parser takes several times as long.
 * @returns the elements in the document's order, or null when it has another root, or is not whole
 */
export function scanRecords(xml: string, root: string): ScannedRecord[] | null {
  const records: ScannedRecord[] = [];
  let depth = 0;
  let fields: ScannedRecord['fields'] = {};
  // Name and text start of the innermost element, while it has no child.
  let leaf = '';
  let textStart = 0;
  let at = 0;
  for (;;) {
    const open = xml.indexOf('<', at);
    const close = open < 0 ? -1 : xml.indexOf('>', open);
    if (close < 0) return null;
    at = close + 1;
    const first = xml.charCodeAt(open + 1);
    if (first === SLASH) {
      depth -= 1;
      if (depth === 0) return records;
      if (depth === 2 && leaf !== '') fields[leaf] = textOf(xml, textStart, open);
      leaf = '';
    } else if (first !== EXCLAMATION && first !== QUESTION) {
      const isEmpty = xml.charCodeAt(close - 1) === SLASH;
      const name = nameOf(xml, open + 1, isEmpty ? close - 1 : close);
      if (depth === 0 && name !== root) return null;
      if (depth === 0 && isEmpty) return records;
      if (depth === 1) {
        fields = {};
        records.push({ element: name, fields });
      }
      leaf = isEmpty ? '' : name;
      textStart = at;
      if (!isEmpty) depth += 1;
    }
  }
}
