/**
 * Ordinary keys, grouped in families of one layout each. Within a family the key is built from the digits of a running
 * number `r`, most significant first and zero-padded, so that the order of the numbers is the order of the keys and no
 * inventory has to be sorted. Widths leave room for a billion keys.
 */
type Family = {
  share: number;
  /** Whether S3 encodes characters of these keys when a listing asks for EncodingType=url. */
  encoded: boolean;
  /** An SQL expression of the running number `r` and the hash `h`. */
  sql: string;
};

const day = (expression: string) => `lpad((1 + (${expression}) % 28)::varchar, 2, '0')`;
const month = (expression: string) => `lpad((1 + (${expression}) % 12)::varchar, 2, '0')`;
const digits = (width: number, expression: string) => `lpad((${expression})::varchar, ${width}, '0')`;

/** In the order of their first characters; all of them are lower-case letters. */
const FAMILIES: Family[] = [
  {
    share: 0.08,
    encoded: false,
    sql: `concat('backups/db-', ${digits(5, 'r // 134400')}, '/2025-', ${month('r // 11200')}, '-', ${day('r // 400')},
      '/wal/0000000100000', ${digits(3, 'r % 400')}, '0000', ${digits(4, 'h % 10000')}, '.zst')`,
  },
  {
    share: 0.25,
    encoded: false,
    sql: `concat('images/products/', ${digits(6, 'r // 1000')}, '/', ${digits(3, 'r % 1000')}, '-',
      right(concat('0000000', hex(h)), 8), CASE h % 3 WHEN 0 THEN '-large.webp' WHEN 1 THEN '-1024x768.jpg' ELSE '.png' END)`,
  },
  {
    share: 0.42,
    encoded: false,
    sql: `concat('logs/app-', ${digits(4, 'r // 1680000')}, '/2025/', ${month('r // 140000')}, '/', ${day('r // 5000')},
      '/host-', ${digits(4, '(r // 100) % 50')}, '/part-', ${digits(6, 'r % 100')}, '.parquet')`,
  },
  {
    share: 0.025,
    encoded: true,
    sql: `concat('shared/team ', ${digits(6, 'r // 500')}, '/Rechnung Nr. ', ${digits(4, 'r % 500')},
      CASE h % 4 WHEN 0 THEN ' (Größe XL).pdf' WHEN 1 THEN ' + Anlage & Kopie.docx' WHEN 2 THEN ' – 100%.xlsx' ELSE ' 日本語.txt' END)`,
  },
  {
    share: 0.205,
    encoded: false,
    sql: `concat('tenants/tenant-', ${digits(6, 'r // 2000')}, '/', 'exports/orders-', ${digits(5, 'r % 2000')}, '-',
      right(concat('000000000000', lower(hex(h))), 12), '.json.gz')`,
  },
  {
    share: 0.02,
    encoded: true,
    sql: `concat('warehouse/events/dt=2025-', ${month('r // 2800000')}, '-', ${day('r // 100000')}, '/hour=',
      ${digits(5, 'r % 100000')}, '/part-00000-', right(concat('0000000', lower(hex(h))), 12), '.c000.snappy.parquet')`,
  },
];

/** What a listing with EncodingType=url does to a key: as Java's URLEncoder, with `/` left alone. */
export function encodeKeySql(key: string): string {
  return `replace(replace(replace(replace(url_encode(${key}), '%20', '+'), '%2F', '/'), '%2A', '*'), '~', '%7E')`;
}

/**
 * SQL for the key of `n`, the number of an ordinary key below `count`; `h` is its hash.
 * @param encode whether characters are encoded as in the CSV
 */
export function ordinaryKeySql(count: number, encode: boolean): string {
  let start = 0;
  const branches = FAMILIES.map((family, index) => {
    const from = start;
    const to = index === FAMILIES.length - 1 ? count : from + Math.floor(count * family.share);
    start = to;
    const sql = family.sql.replaceAll(/\br\b/g, `(n - ${from})`);
    return `WHEN n < ${to} THEN ${encode && family.encoded ? encodeKeySql(sql) : sql}`;
  });
  return `CASE ${branches.join('\n')} END`;
}
