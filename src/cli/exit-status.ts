/** Exit status of a command that worked and found something left: rows that were not acted on, or a difference. */
export const EXIT_ROWS_LEFT = 3;
