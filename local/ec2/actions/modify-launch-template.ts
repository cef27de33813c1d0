import type { Action } from '../action.js';
import { launchTemplateAnswer } from '../launch-template-answers.js';

/** Only the default version can be modified, as on AWS. */
export const modifyLaunchTemplate: Action = (query, { templates }) => {
  const template = templates.find(query);
  template.defaultVersion = templates.version(template, query.required('SetDefaultVersion')).number;
  return { launchTemplate: launchTemplateAnswer(template) };
};
