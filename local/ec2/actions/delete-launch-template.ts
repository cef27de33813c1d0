import type { Action } from '../action.js';
import { launchTemplateAnswer } from '../launch-template-answers.js';

export const deleteLaunchTemplate: Action = (query, { templates }) => {
  const template = templates.find(query);
  templates.delete(template);
  return { launchTemplate: launchTemplateAnswer(template) };
};
