import type { Action } from '../action.js';
import { launchTemplateVersionAnswer } from '../launch-template-answers.js';
import type { LaunchTemplate } from '../launch-templates.js';
import { page } from '../paging.js';
import type { Query } from '../query.js';
import type { Compute } from '../compute.js';

const ANY_VERSION = { min: 1, max: 2 ** 31 - 1 };

export const describeLaunchTemplateVersions: Action = (query, compute) => {
  const isNamed = query.has('LaunchTemplateId') || query.has('LaunchTemplateName');
  const templates = isNamed ? [compute.templates.find(query)] : compute.templates.all();
  const versions = templates.flatMap((template) => versionsOf(template, query, compute));
  const { items, nextToken } = page(versions, query, (_, index) => index);
  return { launchTemplateVersionSet: items, nextToken };
};

function versionsOf(
  template: LaunchTemplate,
  query: Query,
  { templates }: Compute,
): readonly ReturnType<typeof launchTemplateVersionAnswer>[] {
  const wanted = query.strings('LaunchTemplateVersion');
  const min = query.integer('MinVersion', ANY_VERSION) ?? 1;
  const max = query.integer('MaxVersion', ANY_VERSION) ?? Infinity;
  const versions =
    wanted.length > 0
      ? wanted.map((version) => templates.version(template, version))
      : [...template.versions].reverse();
  return versions
    .filter((version) => version.number >= min && version.number <= max)
    .map((version) => launchTemplateVersionAnswer(template, version));
}
