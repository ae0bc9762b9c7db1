import { type ObjectVersion, STORAGE_CLASSES, type StorageClass } from './entries.ts';
import { S3Error } from './http/errors.ts';
import { child, childText, parseXml, type XmlNode } from './http/xml.ts';

const MAX_RULES = 1000;
const MAX_ID_LENGTH = 255;
const ACTIONS = [
  'Expiration',
  'NoncurrentVersionExpiration',
  'Transition',
  'NoncurrentVersionTransition',
  'AbortIncompleteMultipartUpload',
];

export type Transition = { days: number; newerVersions: number; storageClass: StorageClass };

/** A lifecycle rule, as far as it is carried out here (API_LifecycleRule). Days are whole days. */
export type LifecycleRule = {
  readonly enabled: boolean;
  readonly prefix: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly sizeGreaterThan: number;
  readonly sizeLessThan: number;
  readonly expirationDays: number | undefined;
  readonly expirationDate: number | undefined;
  readonly expiresLoneMarkers: boolean;
  readonly noncurrentDays: number | undefined;
  /** Noncurrent versions kept whatever their age. */
  readonly newerNoncurrentVersions: number;
  readonly transitions: readonly Transition[];
  readonly noncurrentTransitions: readonly Transition[];
  readonly abortDays: number | undefined;
};

/** @throws S3Error MalformedXML */
export function parseLifecycleRules(body: Buffer | string): LifecycleRule[] {
  const configuration = parseXml(Buffer.from(body), 'LifecycleConfiguration');
  const rules = configuration.children.get('Rule') ?? [];
  if (rules.length === 0) throw new S3Error('MalformedXML');
  return rules.map(readRule);
}

/**
 * Checks rules as S3 does when they are put (API_PutBucketLifecycleConfiguration, "Lifecycle configuration elements").
 * @throws S3Error MalformedXML, InvalidRequest, InvalidArgument
 */
export function assertLifecycleRules(body: Buffer): void {
  const rules = parseXml(body, 'LifecycleConfiguration').children.get('Rule') ?? [];
  const ids = rules.map((rule) => childText(rule, 'ID')).filter((id) => id !== undefined && id !== '');
  if (rules.length > MAX_RULES) throw new S3Error('MalformedXML');
  if (new Set(ids).size < ids.length) {
    throw new S3Error('InvalidArgument', {
      message: 'Rule ID must be unique. Found same ID for more than one rule',
    });
  }
  if (ids.some((id) => (id ?? '').length > MAX_ID_LENGTH)) {
    throw new S3Error('InvalidArgument', {
      message: `ID length should not exceed allowed limit of ${MAX_ID_LENGTH}`,
    });
  }
  for (const [index, rule] of parseLifecycleRules(body).entries()) {
    const node = rules[index];
    if (!node?.children.has('Filter') && !node?.children.has('Prefix')) throw new S3Error('MalformedXML');
    if (!ACTIONS.some((name) => node.children.has(name))) {
      throw new S3Error('InvalidRequest', { message: 'At least one action needs to be specified in a rule' });
    }
    if ([rule.expirationDays, rule.noncurrentDays, rule.abortDays].includes(0)) {
      throw new S3Error('InvalidArgument', { message: "'Days' for an action must be a positive integer" });
    }
  }
}

/** Whether a rule's filter takes an object version in; a marker is judged by its key alone. */
export function isInFilter(rule: LifecycleRule, key: string, version: ObjectVersion | undefined): boolean {
  if (!key.startsWith(rule.prefix)) return false;
  if (version === undefined) return rule.tags.length === 0;
  const { size } = version.content;
  if (size <= rule.sizeGreaterThan || size >= rule.sizeLessThan) return false;
  return rule.tags.every(([name, value]) => version.attributes.tags.get(name) === value);
}

function readRule(rule: XmlNode): LifecycleRule {
  const status = childText(rule, 'Status');
  if (status !== 'Enabled' && status !== 'Disabled') throw new S3Error('MalformedXML');
  const filter = child(rule, 'Filter');
  const all = child(filter, 'And') ?? filter;
  const expiration = child(rule, 'Expiration');
  const noncurrent = child(rule, 'NoncurrentVersionExpiration');
  const date = childText(expiration, 'Date');
  return {
    enabled: status === 'Enabled',
    prefix: childText(all, 'Prefix') ?? childText(rule, 'Prefix') ?? '',
    tags: (all?.children.get('Tag') ?? []).map((tag) => [
      childText(tag, 'Key') ?? '',
      childText(tag, 'Value') ?? '',
    ]),
    sizeGreaterThan: number(all, 'ObjectSizeGreaterThan') ?? -1,
    sizeLessThan: number(all, 'ObjectSizeLessThan') ?? Number.POSITIVE_INFINITY,
    expirationDays: number(expiration, 'Days'),
    expirationDate: date === undefined ? undefined : Date.parse(date),
    expiresLoneMarkers: childText(expiration, 'ExpiredObjectDeleteMarker') === 'true',
    noncurrentDays: number(noncurrent, 'NoncurrentDays'),
    newerNoncurrentVersions: number(noncurrent, 'NewerNoncurrentVersions') ?? 0,
    transitions: (rule.children.get('Transition') ?? []).map((node) => readTransition(node, 'Days')),
    noncurrentTransitions: (rule.children.get('NoncurrentVersionTransition') ?? []).map((node) =>
      readTransition(node, 'NoncurrentDays'),
    ),
    abortDays: number(child(rule, 'AbortIncompleteMultipartUpload'), 'DaysAfterInitiation'),
  };
}

function readTransition(node: XmlNode, daysName: string): Transition {
  const asked = childText(node, 'StorageClass');
  const storageClass = STORAGE_CLASSES.find((known) => known === asked);
  const days = number(node, daysName);
  if (storageClass === undefined || days === undefined) throw new S3Error('MalformedXML');
  return { days, storageClass, newerVersions: number(node, 'NewerNoncurrentVersions') ?? 0 };
}

function number(node: XmlNode | undefined, name: string): number | undefined {
  const text = childText(node, name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new S3Error('MalformedXML');
  return Number(text);
}
