/**
 * Launch templates. Versions are counted from 1 and never change; `$Default` and `$Latest` are resolved when they
 * are used. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-templates.html
 */
import { randomBytes } from 'node:crypto';
import { Ec2Error, idempotentMismatch, missingParameter } from './errors.js';
import { readTemplateData } from './launch-template-data.js';
import type { Query } from './query.js';
import type { Tags } from './tags.js';

/**
 * The client token of a creating request, and the request's parameters: a retry returns what the first request
 * created.
 */
interface Idempotency {
  readonly clientToken: string | undefined;
  readonly fingerprint: string;
}

export interface LaunchTemplateVersion extends Idempotency {
  readonly number: number;
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly data: Query;
}

export interface LaunchTemplate extends Idempotency {
  readonly id: string;
  readonly name: string;
  /** The order of creation, which pages follow. */
  readonly sequence: number;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  readonly versions: LaunchTemplateVersion[];
  defaultVersion: number;
  /** A number is never used twice, even after its version was deleted. */
  nextVersion: number;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html */
const MAX_TEMPLATES = 5_000;
export const MAX_VERSIONS = 10_000;
/** These words are resolved at each use. */
export const VERSION_WORDS: readonly string[] = ['$Latest', '$Default'];
const NAME = /^[\w().\-/]{3,128}$/;

export class LaunchTemplates {
  readonly #byId = new Map<string, LaunchTemplate>();
  #sequence = 0;

  all(): readonly LaunchTemplate[] {
    return [...this.#byId.values()];
  }

  create(query: Query, tags: Tags, nowMs: number): LaunchTemplate {
    const name = query.required('LaunchTemplateName');
    const idempotency = idempotencyOf(query);
    const retried = sameRequest(this.all(), idempotency);
    if (retried !== undefined) return retried;
    if (this.all().some((template) => template.name === name)) {
      throw new Ec2Error('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
    }
    if (!NAME.test(name)) {
      throw new Ec2Error(
        'InvalidLaunchTemplateName.MalformedException',
        'A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.',
      );
    }
    if (this.#byId.size >= MAX_TEMPLATES) throw limitExceeded(`${MAX_TEMPLATES} launch templates`);
    const data = readTemplateData(query);
    this.#sequence += 1;
    const template: LaunchTemplate = {
      id: `lt-${randomBytes(9).toString('hex').slice(0, 17)}`,
      name,
      ...idempotency,
      sequence: this.#sequence,
      createdAtMs: nowMs,
      tags: new Map(tags),
      versions: [{ number: 1, description: query.string('VersionDescription'), createdAtMs: nowMs, data, ...NO_TOKEN }],
      defaultVersion: 1,
      nextVersion: 2,
    };
    this.#byId.set(template.id, template);
    return template;
  }

  addVersion(query: Query, nowMs: number): LaunchTemplateVersion {
    const template = this.find(query);
    const idempotency = idempotencyOf(query);
    const retried = sameRequest(template.versions, idempotency);
    if (retried !== undefined) return retried;
    if (template.versions.length >= MAX_VERSIONS) throw limitExceeded(`${MAX_VERSIONS} versions of a launch template`);
    const source = query.string('SourceVersion');
    const data = readTemplateData(query);
    const version: LaunchTemplateVersion = {
      number: template.nextVersion,
      description: query.string('VersionDescription'),
      createdAtMs: nowMs,
      data: source === undefined ? data : data.over(this.version(template, source).data),
      ...idempotency,
    };
    template.nextVersion += 1;
    template.versions.push(version);
    return version;
  }

  /**
   * The default version cannot be deleted:
   * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html
   */
  deleteVersion(template: LaunchTemplate, number: number): 'deleted' | 'absent' | 'default' {
    const index = template.versions.findIndex((version) => version.number === number);
    if (index < 0) return 'absent';
    if (number === template.defaultVersion) return 'default';
    template.versions.splice(index, 1);
    return 'deleted';
  }

  delete(template: LaunchTemplate): void {
    this.#byId.delete(template.id);
  }

  /** Finds a template by `LaunchTemplateId` or `LaunchTemplateName`, one of which is required. */
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

  /** `wanted` is a number, `$Latest`, `$Default`, or undefined (the default version). */
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

const NO_TOKEN: Idempotency = { clientToken: undefined, fingerprint: '' };

const idempotencyOf = (query: Query): Idempotency => ({
  clientToken: query.string('ClientToken'),
  fingerprint: query.canonical(['ClientToken']),
});

/** Returns what an earlier request with the same token created, if there was one. */
function sameRequest<Made extends Idempotency>(all: readonly Made[], asked: Idempotency): Made | undefined {
  if (asked.clientToken === undefined) return undefined;
  const known = all.find((made) => made.clientToken === asked.clientToken);
  if (known !== undefined && known.fingerprint !== asked.fingerprint) throw idempotentMismatch(asked.clientToken);
  return known;
}

const limitExceeded = (what: string): Ec2Error =>
  new Ec2Error('ResourceLimitExceeded', `There are already ${what}, which is the maximum.`);
