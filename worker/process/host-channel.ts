/**
 * A host's own channel to the worker: two descriptors beside standard input, output and error. So nothing that a model,
 * its libraries or its child processes read or print can be taken for a part of the protocol. The shell that starts the
 * host (process-group.ts) makes them from the pipes that a command has as its standard input and output.
 */
export const ITEMS_FD = 3;
export const ANSWERS_FD = 4;

/** The host (worker/host/main.ts) gets this before the words of a filter, in place of a module's path. */
export const FILTER_ARGUMENT = '--filter';
