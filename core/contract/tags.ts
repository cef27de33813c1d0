/** Tags by which a stack's resources are found. */

/** The fleet and its instances have this tag, so that ended instances are found, too. Its value is the stack's name. */
export const STACK_TAG = 'spotpool:stack';

/** Objects that nobody needs long after their job's end (partials, events) have this tag: the bucket's lifecycle rule deletes them by it. */
export const SHORT_LIVED_TAG = { key: 'spotpool:life', value: 'short' } as const;
