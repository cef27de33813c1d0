export type { CommandHost } from './command.js';
