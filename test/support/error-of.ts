/** What a call that must fail is refused with. */
export interface Refused extends Error {
  /** The service's error code: the name of what the SDK throws. */
  readonly code: string;
  /** 0 when there was no answer. */
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
