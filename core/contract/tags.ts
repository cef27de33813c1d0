/** Tags by which a stack's resources are found. */

/** On the fleet and on its instances, so that those that have ended are found too; its value is the stack's name. */
export const STACK_TAG = 'spotpool:stack';

/** On objects that nobody needs once their job has long ended (partials, events): the bucket's lifecycle rule deletes them by it. */
export const SHORT_LIVED_TAG = { key: 'spotpool:life', value: 'short' } as const;
