/** The error of a call that must fail. */
export interface Refused extends Error {
  /** The service's error code, which is the name of the error that the SDK throws. */
  readonly code: string;
  /** The HTTP status, or 0 when there was no response. */
  readonly status: number;
}

export async function errorOf(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    const refused = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    return Object.assign(refused, { code: refused.name, status: refused.$metadata?.httpStatusCode ?? 0 });
  }
  throw new Error('The call was not refused.');
}
