import type { Action } from '../action.js';
import { Ec2Error, invalidValue, missingParameter } from '../errors.js';
import type { XmlValue } from '../xml.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html */
const MAX_AT_ONCE = 200;

/** Versions that cannot be deleted are listed one by one in an answer that is a success. */
export const deleteLaunchTemplateVersions: Action = (query, { templates }) => {
  const template = templates.find(query);
  const versions = query.strings('LaunchTemplateVersion');
  if (versions.length === 0) throw missingParameter('LaunchTemplateVersion');
  if (versions.length > MAX_AT_ONCE) {
    throw new Ec2Error('InvalidParameterValue', `A call deletes at most ${MAX_AT_ONCE} versions.`);
  }
  const numbers = versions.map((version) => {
    if (/^\d+$/.test(version)) return Number(version);
    throw invalidValue('LaunchTemplateVersion', version, "It must be a version's number.");
  });
  const deleted: XmlValue[] = [];
  const refused: XmlValue[] = [];
  for (const versionNumber of numbers) {
    const about = { launchTemplateId: template.id, launchTemplateName: template.name, versionNumber };
    const outcome = templates.deleteVersion(template, versionNumber);
    if (outcome === 'deleted') deleted.push(about);
    else if (outcome === 'absent') refused.push({ ...about, responseError: absent(versionNumber) });
    else refused.push({ ...about, responseError: DEFAULT_STAYS });
  }
  return {
    successfullyDeletedLaunchTemplateVersionSet: deleted,
    unsuccessfullyDeletedLaunchTemplateVersionSet: refused,
  };
};

const absent = (number: number): XmlValue => ({
  code: 'launchTemplateVersionDoesNotExist',
  message: `There is no version ${number} of the launch template.`,
});

const DEFAULT_STAYS: XmlValue = {
  code: 'unexpectedError',
  message: 'The default version cannot be deleted: make another one the default first.',
};
