/**
 * The network between a process and the services, with the SDK's retries on the process's side. A request may be lost on its way, and so may its
 * reply, after the act.
 */
import { type CallLimits, OBJECT_CALLS, SMALL_CALLS } from '../../../aws/call-limits.js';
import type { Act, Service } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from './world.js';

/** The base and the most of the SDK's pauses between tries, which are jittered. */
const RETRY_BASE_MS = 100;
const RETRY_MOST_MS = 20_000;
const SLOW_SHARE = 0.03;
const SLOW_MS = 4_000;
const LEAST_MS = 1;
const MOST_MS = 40;

/** The service refused the request, or did not answer. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

export interface CallOptions<T> {
  readonly service: Service;
  /** The operation and its key. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Long polls hold the request; everything else is done at once. It returns the answer and what to tell the observers. */
  readonly act: () => Answer<T>;
}

export interface Answer<T> {
  readonly value: T;
  readonly told: Act;
}

const limitsOf = (service: Service): CallLimits => (service === 's3' ? OBJECT_CALLS : SMALL_CALLS);

/** How long the SDK waits for an answer that never comes; for ever when no limit is set. */
export function silentForMs({ requestTimeout, socketTimeout, throwOnRequestTimeout }: CallLimits): number {
  const requestMs = throwOnRequestTimeout && requestTimeout > 0 ? requestTimeout : Number.POSITIVE_INFINITY;
  return Math.min(requestMs, socketTimeout > 0 ? socketTimeout : Number.POSITIVE_INFINITY);
}

/** Calls a service as the SDK does: up to five tries, with pauses. Rejects at once when the signal aborts; the act may happen all the same. */
export function call<T>(world: World, process: SimulatedProcess, options: CallOptions<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { service, what, signal, act } = options;
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const { clock } = world;
    const limits = limitsOf(service);
    const { random } = process;
    const askedAtMs = clock.nowMs;
    const open = { process, service, what, askedAtMs };
    let tries = 0;
    let isOver = false;
    const abort = (): void => {
      isOver = true;
      world.callSettled(open);
      reject(signal?.reason as Error);
    };
    const settle = (): void => {
      isOver = true;
      world.callSettled(open);
      signal?.removeEventListener('abort', abort);
    };
    const lagMs = (): number =>
      random.chance(SLOW_SHARE) ? random.next() * SLOW_MS : random.between(LEAST_MS, MOST_MS);
    const fail = (ms: number, why: string): void => {
      if (!Number.isFinite(ms)) return;
      clock.after(ms, process, () => {
        if (isOver) return;
        if (tries >= limits.maxAttempts) {
          settle();
          reject(new CallFailed(`${service}: ${why}`));
          return;
        }
        clock.after(random.next() * Math.min(RETRY_MOST_MS, RETRY_BASE_MS * 2 ** tries), process, begin);
      });
    };
    const arrive = (): void => {
      if (process.isDead && random.chance(0.5)) return;
      const lost = world.lossOf(service, process);
      if (lost === 'silent') return fail(limits.connectionTimeout || Number.POSITIVE_INFINITY, 'nobody answered');
      if (lost === 'refused') return fail(lagMs(), '503');
      const { value, told } = act();
      world.tell(process, told, askedAtMs);
      const replyLost = world.lossOf(service, process);
      if (replyLost !== undefined)
        return fail(replyLost === 'silent' ? silentForMs(limits) : lagMs(), 'the reply was lost');
      clock.after(lagMs(), process, () => {
        if (isOver) return;
        settle();
        resolve(value);
      });
    };
    const begin = (): void => {
      if (isOver) return;
      tries += 1;
      clock.after(lagMs(), undefined, arrive);
    };
    signal?.addEventListener('abort', abort, { once: true });
    world.callBegan(open);
    begin();
  });
}
