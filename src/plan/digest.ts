import canonicalize from 'canonicalize';
import { sha256OfText } from '../inventory/checksum.ts';
import type { PlanInputs, RollbackPlan } from './plan-file.ts';

/** The parts of a plan that its digest covers (docs/plan-file.md). */
type DigestedPlan = Pick<
  RollbackPlan,
  | 'schemaVersion'
  | 'origin'
  | 'rollbackId'
  | 'inputs'
  | 'inventory'
  | 'classes'
  | 'manifests'
  | 'copyManifests'
  | 'undoManifests'
  | 'reviewLists'
  | 'sql'
  | 'template'
>;

/**
 * The digest of a plan: SHA-256 over the canonical JSON (RFC 8785) of everything that decides what runs. Left out is
 * what differs between two machines or moments with the same input: when the plan was made, where the inventory lay
 * and in how many bytes, and what only informs (estimate, checks, samples, activity, prefixes).
 */
export function planDigest(plan: DigestedPlan): string {
  const { location: _location, ...inventory } = plan.inventory;
  const canonical = canonicalize({
    schemaVersion: plan.schemaVersion,
    origin: plan.origin,
    rollbackId: plan.rollbackId,
    inputs: plan.inputs,
    inventory,
    classes: plan.classes,
    manifests: plan.manifests,
    // Absent where there is none: the canonical form leaves undefined out.
    copyManifests: plan.copyManifests,
    undoManifests: plan.undoManifests,
    reviewLists: plan.reviewLists,
    sql: plan.sql,
    template: plan.template,
  });
  if (canonical === undefined) throw new TypeError('a plan has a canonical form');
  return sha256OfText(canonical);
}

const ID_BUCKET_CHARACTERS = 24;
const ID_HASH_CHARACTERS = 8;

/**
 * The rollback's ID, made from the inputs and the inventory: the same question always has the same ID, a fresh
 * inventory gives a new one. Letters, digits and hyphens, so that it fits a stack name (at most 60 characters).
 */
export function rollbackIdOf(inputs: PlanInputs, inventorySha256: string): string {
  const hash = sha256OfText(canonicalize({ inputs, inventorySha256 }) ?? '').slice('sha256:'.length);
  const bucket = inputs.bucket.replaceAll('.', '-').slice(0, ID_BUCKET_CHARACTERS).replace(/-+$/, '');
  const time = inputs.timestamp.replace(/[-:]/g, '').toLowerCase();
  return `rb-${bucket}-${time}-${hash.slice(0, ID_HASH_CHARACTERS)}`;
}
