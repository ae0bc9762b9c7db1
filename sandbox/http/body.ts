import { S3Error } from './errors.ts';

/**
 * Takes the `aws-chunked` framing off a body and adds its trailers to the headers. The SDKs use it to send a checksum
 * after the data ("Signature calculations: trailing headers").
 */
export function decodeBody(raw: Buffer, headers: Map<string, string>): Buffer {
  const streaming = headers.get('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
  if (!streaming) return raw;
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const line = lineAt(raw, position);
    const size = Number.parseInt(line.text.split(';', 1)[0] ?? '', 16);
    if (Number.isNaN(size)) throw new S3Error('InvalidRequest', { message: 'The chunk size is not valid' });
    position = line.next;
    if (size === 0) break;
    chunks.push(raw.subarray(position, position + size));
    position += size + 2;
  }
  readTrailers(raw, position, headers);
  stripChunkedEncoding(headers);
  return Buffer.concat(chunks);
}

function readTrailers(raw: Buffer, start: number, headers: Map<string, string>): void {
  let position = start;
  while (position < raw.length) {
    const line = lineAt(raw, position);
    position = line.next;
    const colon = line.text.indexOf(':');
    if (colon > 0) headers.set(line.text.slice(0, colon).toLowerCase(), line.text.slice(colon + 1).trim());
  }
}

/** `aws-chunked` is a transfer matter: S3 does not keep it as the object's Content-Encoding. */
function stripChunkedEncoding(headers: Map<string, string>): void {
  const kept = (headers.get('content-encoding') ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  if (kept.length > 0) headers.set('content-encoding', kept.join(','));
  else headers.delete('content-encoding');
}

function lineAt(raw: Buffer, position: number): { text: string; next: number } {
  const end = raw.indexOf('\r\n', position);
  if (end < 0) return { text: raw.toString('latin1', position), next: raw.length };
  return { text: raw.toString('latin1', position, end), next: end + 2 };
}
