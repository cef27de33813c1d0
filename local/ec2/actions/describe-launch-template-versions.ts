import type { Action } from '../action.js';
import type { Compute } from '../compute.js';
import { Ec2Error, missingParameter, notServed } from '../errors.js';
import { applyFilters, type Filterable } from '../filters.js';
import { launchTemplateVersionAnswer } from '../launch-template-answers.js';
import { type LaunchTemplate, type LaunchTemplateVersion, MAX_VERSIONS, VERSION_WORDS } from '../launch-templates.js';
import { page } from '../paging.js';
import type { Query } from '../query.js';

const ANY_VERSION = { min: 1, max: 2 ** 31 - 1 };
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html */
const PAGE_LIMITS = { min: 1, max: 200 };

interface Found {
  readonly template: LaunchTemplate;
  readonly version: LaunchTemplateVersion;
}

const filterable: Filterable<Found> = {
  fields: {
    'create-time': ({ version }) => [new Date(version.createdAtMs).toISOString()],
    'image-id': ({ version }) => [version.data.string('ImageId') ?? ''],
    'instance-type': ({ version }) => [version.data.string('InstanceType') ?? ''],
    'is-default-version': ({ template, version }) => [String(version.number === template.defaultVersion)],
    'iam-instance-profile': ({ version }) => [version.data.child('IamInstanceProfile').string('Arn') ?? ''],
    'http-tokens': ({ version }) => [version.data.child('MetadataOptions').string('HttpTokens') ?? ''],
  },
};

/** Describes the versions of one template, the newest first, or the latest or default versions of all templates. */
export const describeLaunchTemplateVersions: Action = (query, compute) => {
  if (query.boolean('ResolveAlias') === true) throw notServed('ResolveAlias');
  const isNamed = query.has('LaunchTemplateId') || query.has('LaunchTemplateName');
  if (!isNamed) checkWords(query.strings('LaunchTemplateVersion'));
  const templates = isNamed ? [compute.templates.find(query)] : compute.templates.all();
  const all = templates.flatMap((template) => versionsOf(template, query, compute));
  const found = [...applyFilters(all, query, filterable)].sort((one, other) => orderOf(one) - orderOf(other));
  const { items, nextToken } = page(found, query, orderOf, PAGE_LIMITS);
  return {
    launchTemplateVersionSet: items.map(({ template, version }) => launchTemplateVersionAnswer(template, version)),
    nextToken,
  };
};

function checkWords(versions: readonly string[]): void {
  if (versions.length === 0) throw missingParameter('LaunchTemplateId');
  if (versions.every((version) => VERSION_WORDS.includes(version))) return;
  throw new Ec2Error(
    'InvalidParameterCombination',
    `Without a launch template only ${VERSION_WORDS.join(' and ')} can be described.`,
  );
}

/** Orders by template, and within a template by descending number, so that changes between two pages move nothing. */
const orderOf = ({ template, version }: Found): number =>
  template.sequence * MAX_VERSIONS * MAX_VERSIONS + (MAX_VERSIONS * MAX_VERSIONS - version.number);

function versionsOf(template: LaunchTemplate, query: Query, { templates }: Compute): readonly Found[] {
  const wanted = query.strings('LaunchTemplateVersion');
  const min = query.integer('MinVersion', ANY_VERSION) ?? 1;
  const max = query.integer('MaxVersion', ANY_VERSION) ?? Infinity;
  const versions =
    wanted.length > 0 ? wanted.map((version) => templates.version(template, version)) : template.versions;
  return [...new Set(versions)]
    .filter(({ number }) => number >= min && number <= max)
    .map((version) => ({ template, version }));
}
