import { BUCKET, CSV_COLUMNS } from '../inventory/history.ts';

/** The header of the seeds' CSV. */
export const HEADER = CSV_COLUMNS.join(',');
/** A row that nothing is wrong with. */
export const GOOD_ROW = `${BUCKET},good,v1,True,False,1,2025-08-22T11:00:10.000Z,STANDARD,e`;
