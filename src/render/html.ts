import { printable } from '../s3/printable.ts';

const NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Escapes untrusted text for HTML, as content and inside a quoted attribute. What nobody sees, or what changes the
 * direction of the text around it, is shown as an escape.
 */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => NAMED[sign] ?? sign);
}
