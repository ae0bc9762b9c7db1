/** Keys as buckets have them: numbered, hashed, in dated folders, in folders of very different size. */
const SHAPES: Record<string, (index: number, count: number) => string> = {
  flat: (index) => `k${String(index).padStart(10, '0')}`,
  hashed: (index) => (Math.imul(index, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0'),
  dated: (index, count) => {
    const day = new Date(Date.UTC(2024, 0, 1) + Math.floor((index / count) * 700) * 86_400_000).toISOString();
    return `warehouse/events/${day.slice(0, 4)}/${day.slice(5, 7)}/${day.slice(8, 10)}/part-${String(index).padStart(8, '0')}.parquet`;
  },
  skewed: (index) =>
    `${index % 10 === 0 ? 'archive' : 'live'}/customer-${index % 97}/${String(index).padStart(9, '0')}.json`,
};

/** So many keys of a shape, in S3's order (they are plain ASCII, where JavaScript's order is the same). */
export function listingKeys(shape: string, count: number): string[] {
  const keyOf = SHAPES[shape];
  if (keyOf === undefined) {
    throw new TypeError(`unknown shape ${shape}; one of ${Object.keys(SHAPES).join(', ')}`);
  }
  return Array.from({ length: count }, (_, index) => keyOf(index, count)).sort();
}
