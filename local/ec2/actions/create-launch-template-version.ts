import type { Action } from '../action.js';
import { launchTemplateVersionAnswer } from '../launch-template-answers.js';

export const createLaunchTemplateVersion: Action = (query, { templates, clock }) => {
  const template = templates.find(query);
  const version = templates.addVersion(query, clock.nowMs());
  return { launchTemplateVersion: launchTemplateVersionAnswer(template, version) };
};
