/** Tells which texts UTF-8 can hold. Files of results are UTF-8, so other texts are written as the JSON that escapes them (R14). Pure. */

/** Half of a surrogate pair. UTF-8 has no bytes for it, so an encoder would replace it. */
const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export const fitsUtf8 = (text: string): boolean => !HALF_PAIR.test(text);

/** Returns the text itself, or the JSON text that escapes what UTF-8 cannot hold. */
export const exactText = (text: string): string => (fitsUtf8(text) ? text : JSON.stringify(text));
