import type { Action } from '../action.js';
import { launchTemplateAnswer } from '../launch-template-answers.js';

/** All that can be modified is the default version. */
export const modifyLaunchTemplate: Action = (query, { templates }) => {
  const template = templates.find(query);
  template.defaultVersion = templates.version(template, query.required('SetDefaultVersion')).number;
  return { launchTemplate: launchTemplateAnswer(template) };
};
