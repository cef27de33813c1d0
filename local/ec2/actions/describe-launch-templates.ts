import type { Action } from '../action.js';
import { applyFilters, type Filterable } from '../filters.js';
import { launchTemplateAnswer } from '../launch-template-answers.js';
import type { LaunchTemplate } from '../launch-templates.js';
import { page } from '../paging.js';

const filterable: Filterable<LaunchTemplate> = {
  fields: {
    'launch-template-name': (template) => [template.name],
    'create-time': (template) => [new Date(template.createdAtMs).toISOString()],
  },
  tags: (template) => template.tags,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html */
const PAGE_LIMITS = { min: 1, max: 200 };

export const describeLaunchTemplates: Action = (query, { templates }) => {
  const ids = query.strings('LaunchTemplateId');
  const names = query.strings('LaunchTemplateName');
  const named = [...ids.map((id) => templates.withId(id)), ...names.map((name) => templates.withName(name))];
  const found = applyFilters(ids.length + names.length > 0 ? named : templates.all(), query, filterable);
  const bySequence = [...found].sort((one, other) => one.sequence - other.sequence);
  const { items, nextToken } = page(bySequence, query, (template) => template.sequence, PAGE_LIMITS);
  return { launchTemplates: items.map(launchTemplateAnswer), nextToken };
};
