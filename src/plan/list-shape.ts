/**
 * What an engine that writes lists in parts asks of a list's query: its size, a sample of its keys, its lines divided
 * into slices of the key space, or its parts. DuckDB writes a list as one file and has no use for it.
 */
export type ListShape =
  | { kind: 'size' }
  /** one key in so many, picked by hash */
  | { kind: 'sample'; oneIn: number }
  /** `cuts`: keys at which a new slice begins, in order */
  | { kind: 'lines'; cuts: readonly string[] }
  /** parts of about so many bytes */
  | { kind: 'parts'; partBytes: number };

/** Above the 5 MiB that a part of a multipart upload needs, far below the 32 MB that a row may have on Athena. */
export const PART_BYTES = 8 * 1024 * 1024;

/** The table that holds the lines of a list, divided into slices. */
export function linesTable(list: string): string {
  return `${list}_lines`;
}

/** @param header the columns that the first line names; null where there is none */
export function shapeView(shape: ListShape, header: readonly string[] | null): object {
  return {
    isSize: shape.kind === 'size',
    isSample: shape.kind === 'sample',
    isLines: shape.kind === 'lines',
    isParts: shape.kind === 'parts',
    oneIn: shape.kind === 'sample' ? shape.oneIn : 1,
    cuts: shape.kind === 'lines' ? shape.cuts : [],
    partBytes: shape.kind === 'parts' ? shape.partBytes : PART_BYTES,
    header: header === null ? null : header.join(','),
  };
}
