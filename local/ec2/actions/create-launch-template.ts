import type { Action } from '../action.js';
import { launchTemplateAnswer } from '../launch-template-answers.js';
import { readTagSpecifications } from '../tags.js';

export const createLaunchTemplate: Action = (query, { templates, clock }) => {
  const tags = readTagSpecifications(query, 'launch-template');
  return { launchTemplate: launchTemplateAnswer(templates.create(query, tags, clock.nowMs())) };
};
