import { RunbookError } from '../errors.ts';

/**
 * The columns of an inventory. The seeds' CSV, S3 Inventory (CSV and Parquet spell them differently), S3 Metadata
 * and our lister name the same things in several ways; names are compared without case, `_`, `-` and spaces.
 */

/** Columns that a plan is made from, by the name they have in our SQL. */
const COLUMN_NAMES = {
  bucket: ['bucket', 'bucketname'],
  key: ['key', 'keyname'],
  version_id: ['versionid'],
  is_latest: ['islatest'],
  is_delete_marker: ['isdeletemarker', 'deletemarker'],
  size: ['size'],
  last_modified: ['lastmodified', 'lastmodifieddate'],
  storage_class: ['storageclass'],
  e_tag: ['etag'],
  is_multipart: ['ismultipartuploaded', 'ismultipart'],
  encryption_status: ['encryptionstatus'],
  access_tier: ['intelligenttieringaccesstier'],
  ordinal: ['ordinal'],
  sequence_number: ['sequencenumber'],
  is_purged_at_p: ['ispurgedatp'],
} as const;

export type ColumnName = keyof typeof COLUMN_NAMES;

/** Columns of S3 Inventory and S3 Metadata that say nothing about a rollback; they are read past. */
const IGNORED_COLUMNS = new Set([
  'replicationstatus',
  'objectlockretainuntildate',
  'objectlockmode',
  'objectlocklegalholdstatus',
  'objectlockeventholdstatus',
  'objectlockeventholdduration',
  'bucketkeystatus',
  'isbucketkeyenabled',
  'kmskeyarn',
  'checksumalgorithm',
  'objectaccesscontrollist',
  'objectowner',
  'lifecycleexpirationdate',
  'intelligenttieringreferencedate',
  'objecttags',
  'usermetadata',
]);

const REQUIRED_COLUMNS: readonly ColumnName[] = [
  'bucket',
  'key',
  'version_id',
  'is_latest',
  'is_delete_marker',
  'size',
  'last_modified',
  'storage_class',
];

const CSV_HEADER =
  'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag';
const MAX_SHOWN_CHARACTERS = 60;

const WHY_REQUIRED: Partial<Record<ColumnName, string>> = {
  size: 'without it, copies up to 5 GiB and larger ones cannot be told apart',
  last_modified: 'without it, nothing tells what existed at the point in time',
  version_id: 'without it, no version can be named',
  storage_class: 'without it, archived versions cannot be told from others',
};

/** A column of the inventory: its own name in the source, and its type there (`VARCHAR` in CSV). */
export type SourceColumn = { name: string; type: string };
export type InventoryColumns = Partial<Record<ColumnName, SourceColumn>>;

/**
 * Finds the columns of a plan among those of a source.
 * @param source the source's columns in its own order
 * @param where the file, for messages
 * @throws RunbookError INVENTORY_COLUMN_MISSING, INVENTORY_COLUMN_UNKNOWN
 */
export function matchColumns(source: readonly SourceColumn[], where: string): InventoryColumns {
  const columns: InventoryColumns = {};
  if (!source.some(({ name }) => isKnown(name))) throw withoutHeader(source, where);
  for (const column of source) {
    const name = columnNameOf(column.name);
    if (!isKnown(column.name)) {
      throw new RunbookError(
        'INVENTORY_COLUMN_UNKNOWN',
        `${where} has a column '${shorten(column.name)}' that no inventory has.`,
        {
          hint: `correct its name or remove it; columns with a meaning are: ${Object.keys(COLUMN_NAMES).join(', ')}`,
        },
      );
    }
    if (name === undefined) continue;
    if (columns[name] !== undefined) {
      throw new RunbookError(
        'INVENTORY_COLUMN_UNKNOWN',
        `${where} has two columns for ${name}: '${columns[name].name}' and '${column.name}'.`,
        { hint: 'remove one of them' },
      );
    }
    columns[name] = column;
  }
  assertRequiredColumns(columns, where);
  return columns;
}

function columnNameOf(text: string): ColumnName | undefined {
  const spelled = spell(text);
  return (Object.keys(COLUMN_NAMES) as ColumnName[]).find((candidate) =>
    (COLUMN_NAMES[candidate] as readonly string[]).includes(spelled),
  );
}

function isKnown(name: string): boolean {
  return columnNameOf(name) !== undefined || IGNORED_COLUMNS.has(spell(name));
}

/** A column's name without what sources spell differently. */
export function spell(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** A file without a header, with another separator, or no inventory at all: every name is unknown. */
function withoutHeader(source: readonly SourceColumn[], where: string): RunbookError {
  const first = source.slice(0, 3).map(({ name }) => `'${shorten(name)}'`);
  return new RunbookError(
    'INVENTORY_COLUMN_UNKNOWN',
    `${where} has no column of an inventory; its columns are ${first.join(', ')}${source.length > 3 ? ', …' : ''}.`,
    {
      hint: `the first line has to be a header, with commas between the names: ${CSV_HEADER} (the files of an S3 Inventory report have none: name its manifest.json instead)`,
    },
  );
}

function shorten(name: string): string {
  return name.length > MAX_SHOWN_CHARACTERS ? `${name.slice(0, MAX_SHOWN_CHARACTERS)}…` : name;
}

function assertRequiredColumns(columns: InventoryColumns, where: string): void {
  const missing = REQUIRED_COLUMNS.filter((name) => columns[name] === undefined);
  if (columns.e_tag === undefined && columns.is_multipart === undefined) missing.push('e_tag');
  const [first] = missing;
  if (first === undefined) return;
  const reason = WHY_REQUIRED[first];
  throw new RunbookError(
    'INVENTORY_COLUMN_MISSING',
    `${where} has no column ${missing.join(', ')}${reason === undefined ? '' : `; ${reason}`}.`,
    {
      hint: `take the inventory again with all fields: S3 Inventory with all versions and all optional fields, or a CSV with the header ${CSV_HEADER}`,
    },
  );
}

/** What orders the entries of a key (semantics, section 2). */
export type StackOrder = 'ordinal' | 'sequence-number' | 'last-modified';

export function stackOrderOf(columns: InventoryColumns): StackOrder {
  if (columns.ordinal !== undefined) return 'ordinal';
  return columns.sequence_number === undefined ? 'last-modified' : 'sequence-number';
}
