import type { BrokenModel } from './broken-model.js';
import { BROKEN_COMMANDS, BROKEN_FILTERS } from './broken-commands.js';
import { BROKEN_MODULES } from './broken-modules.js';
import { BROKEN_PYTHON } from './broken-python.js';

export const BROKEN_MODELS: readonly BrokenModel[] = [
  ...BROKEN_MODULES,
  ...BROKEN_PYTHON,
  ...BROKEN_COMMANDS,
  ...BROKEN_FILTERS,
];
