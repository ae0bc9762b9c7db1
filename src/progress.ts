/** Told by long work where it stands. The command line shows it, an action logs it, a test counts it. */
export type Progress = (step: string, percent: number | null) => void;
