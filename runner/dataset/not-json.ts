/** The message for a dataset's line that is not JSON. */
import { findNotANumber, describeNotANumber } from '../../core/contract/json-text.js';
import { messageOf } from '../errors.js';

/** Returns a predicate that completes "line N …", or undefined when the text is JSON. */
export function notJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const found = findNotANumber(text);
    return found === undefined ? `is not JSON (${messageOf(error)})` : `is not JSON: ${describeNotANumber(found)}`;
  }
}
