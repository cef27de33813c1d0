/** Tells ordinary hand-backs from those that are reported to people. */
import type { HandBackReason } from '../contract/events.js';

/** Ordinary balancing between workers loses nothing, so it is not reported. */
export const isBalancing = (reason: HandBackReason): boolean => reason === 'waiting';
