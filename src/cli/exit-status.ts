/** Exit status of a command that worked and found something left: rows that were not acted on, or a difference. */
export const EXIT_ROWS_LEFT = 3;

/** Exit status of `restore-archived` where S3 is still at work: run it again at the time that it tells. */
export const EXIT_WAITING = 4;
