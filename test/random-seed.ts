import fc from 'fast-check';

/**
 * Property tests draw the same cases on every machine, so that a commit fails for what it is, not by luck. SEED draws
 * others: `SEED=$RANDOM npm test` on a machine, the number of the run in the nightly workflow.
 */
const PUBLISHED = 20250830;

const given = process.env.SEED;
const seed = given === undefined || given === '' ? PUBLISHED : Number.parseInt(given, 10);
if (!Number.isSafeInteger(seed)) throw new Error(`SEED has to be a whole number, not '${given}'.`);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
