import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';

/**
 * Writes examples/inventory.csv: a small shop's bucket on the day a cleanup job ran with the wrong prefix. It begins
 * with the three keys of the shortest demonstration there is: `a` deleted, `b` overwritten, `c` new.
 */

const BUCKET = 'example-bucket';
const P = Date.parse('2025-08-22T11:01:00Z');
const HEADER =
  'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag';

type Entry = { at: number; marker?: boolean; size?: number; storageClass?: string; parts?: number };

const rows: string[] = [];

/** @param entries newest first; `at` is minutes from the point in time */
function add(key: string, ...entries: Entry[]): void {
  for (const [index, entry] of entries.entries()) {
    const hash = createHash('md5').update(`${key}\0${index}`).digest('hex');
    const eTag = `"${hash}${entry.parts === undefined ? '' : `-${entry.parts}`}"`;
    const marker = entry.marker ?? false;
    rows.push(
      [
        BUCKET,
        encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
        hash.slice(0, 20),
        index === 0 ? 'True' : 'False',
        marker ? 'True' : 'False',
        marker ? '' : String(entry.size ?? 1000 + (Number.parseInt(hash.slice(0, 6), 16) % 900_000)),
        new Date(P + entry.at * 60_000).toISOString(),
        marker ? '' : (entry.storageClass ?? 'STANDARD'),
        marker ? '' : `"${eTag.replaceAll('"', '""')}"`,
      ].join(','),
    );
  }
}

add('a', { at: 2, marker: true }, { at: -30, size: 12 });
add('b', { at: 2.5, size: 14 }, { at: -29, size: 12 });
add('c', { at: 3, size: 9 });
for (let image = 0; image < 240; image += 1) {
  const key = `images/${2023 + (image % 3)}/${String(image).padStart(4, '0')}.jpg`;
  const uploaded = { at: -image * 700 - 3000 };
  if (image % 6 === 0) add(key, uploaded);
  else add(key, { at: 12 + image / 10, marker: true }, uploaded);
}
for (let order = 0; order < 90; order += 1) {
  const key = `orders/2025-08-${String(1 + (order % 21)).padStart(2, '0')}/order ${1000 + order}.json`;
  const before = { at: -order * 200 - 90, storageClass: order % 30 === 7 ? 'GLACIER' : 'STANDARD' };
  if (order % 3 === 0) add(key, before);
  else add(key, { at: 20 + order / 8, size: 2 }, before);
}
for (let thumb = 0; thumb < 40; thumb += 1) add(`thumbnails/tmp-${thumb}.webp`, { at: 15 + thumb / 2 });
add('videos/launch.mp4', { at: 31, size: 4096 }, { at: -50_000, size: 7_400_000_000, parts: 883 });
add('exports/nightly.parquet', { at: -14, size: 812_000_000, parts: 97 });
add(
  'config/shop.json',
  { at: 18 },
  { at: -5, marker: true },
  { at: -5, size: 310 },
  { at: -9000, size: 290 },
);
add('drafts/old.txt', { at: 40, marker: true }, { at: 9 });

await writeFile(new URL('../examples/inventory.csv', import.meta.url), `${[HEADER, ...rows].join('\n')}\n`);
process.stdout.write(`${rows.length} version entries in examples/inventory.csv\n`);
