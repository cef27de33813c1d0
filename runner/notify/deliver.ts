/** Notifies one address, with a bounded number of tries. A pause and a try end at once when the signal is aborted. */
import type { EndFacts } from '../../core/contract/notification.js';
import type { NotifyAddress } from '../../core/notify/address.js';
import { MOST_COMMAND_TRIES, pauseMs, type Verdict, verdictOf } from '../../core/notify/delivery.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Clock, WebPoster } from '../ports.js';
import { requestOf } from './request.js';

export interface DeliverPorts {
  readonly poster: WebPoster;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/** The outcome of the last try, and the number of tries. */
export interface Delivery {
  readonly verdict: Verdict;
  readonly tries: number;
}

export async function deliver(
  facts: EndFacts,
  address: NotifyAddress,
  { poster, clock, random }: DeliverPorts,
  signal: AbortSignal,
): Promise<Delivery> {
  for (let tries = 1; ; tries++) {
    const verdict = verdictOf(await poster.post(requestOf(address, facts, clock.nowMs()), signal));
    if (verdict.kind !== 'retry' || tries >= MOST_COMMAND_TRIES) return { verdict, tries };
    const { askedMs } = verdict;
    await clock.sleep(pauseMs(tries, { random: random(), ...definedFields({ askedMs }) }), signal);
  }
}
