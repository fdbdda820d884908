/** Notes one finding about what is being checked. */
export type Report = (rule: string, message: string) => void;
