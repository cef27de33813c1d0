/** The failed items of one code, with an example of them. Lists of them are bounded, whatever codes and messages models use. */
import { count, list, object, type Shape, words } from './shape.js';

/** The example is the item with the lowest index. */
export interface ErrorExample {
  readonly code: string;
  readonly count: number;
  readonly index: number;
  readonly message: string;
}

/** A model may use a whole line as its code. */
export const CODE_CHARACTERS = 200;
/** This much of a message identifies it. The results hold the whole message. */
export const EXAMPLE_CHARACTERS = 300;

const errorExample = object<ErrorExample>({
  code: words(CODE_CHARACTERS),
  count,
  index: count,
  message: words(EXAMPLE_CHARACTERS),
});

export const errorExamples = (most: number): Shape<readonly ErrorExample[]> => list(errorExample, most);
