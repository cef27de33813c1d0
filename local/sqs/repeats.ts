/**
 * Chooses messages that are delivered a second time while they are in flight, as AWS may do. Each is repeated once,
 * to another receive. The newer handle is then the valid one.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
 */
import type { Imperfections } from '../faults/imperfections.js';
import type { Random } from '../market/random.js';
import type { Delivery, Message } from './message.js';
import type { MessagePool } from './message-pool.js';

export class Repeats {
  #chosen: Delivery[] = [];

  readonly #imperfections: Imperfections['sqs'];
  readonly #random: Random;

  constructor(imperfections: Imperfections['sqs'], random: Random) {
    this.#imperfections = imperfections;
    this.#random = random;
  }

  /** Returns the next chosen message that is still in flight with the same receive. */
  next(pool: MessagePool): Message | undefined {
    for (let delivery = this.#chosen.shift(); delivery !== undefined; delivery = this.#chosen.shift()) {
      if (delivery.message.state === 'in-flight' && pool.isNewest(delivery)) return delivery.message;
    }
    return undefined;
  }

  /**
   * A message that has reached its redrive policy's last receive is never chosen, because it would go to the
   * dead-letter queue.
   */
  choose(given: readonly Delivery[], mostReceives = Infinity): void {
    const { duplicateRate } = this.#imperfections;
    if (duplicateRate === 0) {
      if (this.#chosen.length > 0) this.#chosen = [];
      return;
    }
    for (const delivery of given) {
      const { receiveCount, receiveCountAtArrival } = delivery.message;
      if (receiveCount - receiveCountAtArrival >= mostReceives) continue;
      if (this.#random() < duplicateRate) this.#chosen.push(delivery);
    }
  }
}
