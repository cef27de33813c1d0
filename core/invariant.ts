/** A state that the code rules out has been reached: a bug of ours. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

/** Throws when a condition that a file's header promises does not hold. `message` states the promise that was broken, as a sentence. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantBroken(`Invariant broken: ${message}`);
}
