/** Which hand-backs people are told of: those that something was the matter with. */
import type { HandBackReason } from '../contract/events.js';

/** Ordinary balancing between workers: nothing was lost or begun, and nobody has to know. */
export const isBalancing = (reason: HandBackReason): boolean => reason === 'waiting';
