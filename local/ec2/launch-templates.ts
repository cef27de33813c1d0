/**
 * Launch templates. Versions are counted from 1 and never change; `$Default` and `$Latest` are resolved when they are used.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-templates.html
 */
import { randomBytes } from 'node:crypto';
import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import type { Query } from './query.js';
import { readTags, type Tags } from './tags.js';

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly data: Query;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly clientToken: string | undefined;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  readonly versions: LaunchTemplateVersion[];
  defaultVersion: number;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html: 16 KB before base64. */
const MOST_USER_DATA_BYTES = 16 * 1024;
const NAME = /^[\w().\-/]{3,128}$/;

export class LaunchTemplates {
  readonly #byId = new Map<string, LaunchTemplate>();

  all(): readonly LaunchTemplate[] {
    return [...this.#byId.values()];
  }

  create(query: Query, tags: Tags, nowMs: number): LaunchTemplate {
    const name = query.required('LaunchTemplateName');
    const clientToken = query.string('ClientToken');
    const existing = this.all().find((template) => template.name === name);
    if (existing !== undefined) {
      if (clientToken !== undefined && existing.clientToken === clientToken) return existing;
      throw new Ec2Error('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
    }
    if (!NAME.test(name)) {
      throw new Ec2Error(
        'InvalidLaunchTemplateName.MalformedException',
        'A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.',
      );
    }
    const template: LaunchTemplate = {
      id: `lt-${randomBytes(9).toString('hex').slice(0, 17)}`,
      name,
      clientToken,
      createdAtMs: nowMs,
      tags: new Map(tags),
      versions: [
        { number: 1, description: query.string('VersionDescription'), createdAtMs: nowMs, data: dataOf(query) },
      ],
      defaultVersion: 1,
    };
    this.#byId.set(template.id, template);
    return template;
  }

  addVersion(query: Query, nowMs: number): LaunchTemplateVersion {
    const template = this.find(query);
    const source = query.string('SourceVersion');
    const data = dataOf(query);
    const version: LaunchTemplateVersion = {
      number: (template.versions.at(-1)?.number ?? 0) + 1,
      description: query.string('VersionDescription'),
      createdAtMs: nowMs,
      data: source === undefined ? data : data.over(this.version(template, source).data),
    };
    template.versions.push(version);
    return version;
  }

  delete(template: LaunchTemplate): void {
    this.#byId.delete(template.id);
  }

  /** By `LaunchTemplateId` or `LaunchTemplateName`, of which one must be there. */
  find(query: Query): LaunchTemplate {
    const id = query.string('LaunchTemplateId');
    const name = query.string('LaunchTemplateName');
    if (id !== undefined && name !== undefined) {
      throw new Ec2Error(
        'InvalidParameterCombination',
        'Give either LaunchTemplateId or LaunchTemplateName, not both.',
      );
    }
    if (id !== undefined) return this.withId(id);
    if (name === undefined) throw missingParameter('LaunchTemplateId');
    return this.withName(name);
  }

  withId(id: string): LaunchTemplate {
    if (!/^lt-[0-9a-f]{17}$/.test(id)) {
      throw new Ec2Error('InvalidLaunchTemplateId.Malformed', `Invalid launch template ID: "${id}"`);
    }
    const template = this.#byId.get(id);
    if (template !== undefined) return template;
    throw new Ec2Error(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  }

  withName(name: string): LaunchTemplate {
    const template = this.all().find((candidate) => candidate.name === name);
    if (template !== undefined) return template;
    throw new Ec2Error(
      'InvalidLaunchTemplateName.NotFoundException',
      `The specified launch template, with template name ${name}, does not exist.`,
    );
  }

  /** A number, `$Latest`, `$Default`, or nothing (the default). */
  version(template: LaunchTemplate, wanted: string | undefined): LaunchTemplateVersion {
    const number =
      wanted === undefined || wanted === '' || wanted === '$Default'
        ? template.defaultVersion
        : wanted === '$Latest'
          ? template.versions.at(-1)?.number
          : Number(wanted);
    const version = template.versions.find((candidate) => candidate.number === number);
    if (version !== undefined) return version;
    throw new Ec2Error(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${String(wanted)} for the launch template with ID ${template.id}.`,
    );
  }
}

function dataOf(query: Query): Query {
  if (!query.has('LaunchTemplateData')) throw missingParameter('LaunchTemplateData');
  const data = query.child('LaunchTemplateData');
  const userData = data.string('UserData') ?? '';
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  const bytes = Buffer.from(userData, 'base64').length;
  if (bytes > MOST_USER_DATA_BYTES) {
    throw invalidValue('UserData', `${bytes} bytes`, `User data is limited to ${MOST_USER_DATA_BYTES} bytes.`);
  }
  instanceTags(data);
  return data;
}

/** The tags that the template gives its instances. */
export function instanceTags(data: Query): Tags {
  const tags = new Map<string, string>();
  for (const specification of data.list('TagSpecification')) {
    if (specification.required('ResourceType') !== 'instance') continue; // volumes and interfaces: there are none here
    for (const [key, value] of readTags(specification)) tags.set(key, value);
  }
  return tags;
}
