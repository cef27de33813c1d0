import { ACCOUNT_ID } from '../imds/documents.js';
import type { LaunchTemplate, LaunchTemplateVersion } from './launch-templates.js';
import { writeTags } from './tags.js';
import type { XmlRecord } from './xml.js';

const CREATED_BY = `arn:aws:iam::${ACCOUNT_ID}:root`;

export const launchTemplateAnswer = (template: LaunchTemplate): XmlRecord => ({
  launchTemplateId: template.id,
  launchTemplateName: template.name,
  createTime: new Date(template.createdAtMs),
  createdBy: CREATED_BY,
  defaultVersionNumber: template.defaultVersion,
  latestVersionNumber: template.versions.at(-1)?.number,
  tagSet: writeTags(template.tags),
});

export const launchTemplateVersionAnswer = (template: LaunchTemplate, version: LaunchTemplateVersion): XmlRecord => ({
  launchTemplateId: template.id,
  launchTemplateName: template.name,
  versionNumber: version.number,
  versionDescription: version.description,
  createTime: new Date(version.createdAtMs),
  createdBy: CREATED_BY,
  defaultVersion: version.number === template.defaultVersion,
  launchTemplateData: version.data.echo(),
});
