/** A sink that counts, on the way through, why items failed. */
import type { ErrorCount } from '../display/views.js';
import { ErrorCounter } from '../results/error-counter.js';
import type { ResultSink } from '../results/result-sink.js';

export class CountingSink implements ResultSink {
  private readonly counter = new ErrorCounter();

  constructor(private readonly inner: ResultSink) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.counter.add(bytes);
    await this.inner.write(bytes);
  }

  finish(): Promise<void> {
    return this.inner.finish();
  }

  discard(): Promise<void> {
    return this.inner.discard();
  }

  /** The most frequent first. */
  errors(): readonly ErrorCount[] {
    return this.counter.errors();
  }
}
