/** The message of anything that was thrown; a thrown value that is no Error is turned into text. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
