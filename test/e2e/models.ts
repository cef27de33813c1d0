import path from 'node:path';
import { projectRoot } from '../support/cli.js';

/** The path of a model in test/e2e/models. */
export const modelPath = (name: string): string => path.join(projectRoot, `test/e2e/models/${name}.mjs`);
