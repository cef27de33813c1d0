import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../infra/check-props.js';
import type { SpotPoolProps } from '../../infra/props.js';

const IMAGE = 'ami-0123456789abcdef0';
const VPC = 'vpc-0123456789abcdef0';
const SUBNETS = ['subnet-0aaaaaaaaaaaaaaaa'];

describe('the properties of a pool', () => {
  it.each([
    {},
    { maxWorkers: 10_000, vcpus: { min: 1 }, memoryMib: { min: 512, max: 512 } },
    { vpcId: VPC, subnetIds: SUBNETS, isolated: true },
    { gpus: { min: 1 } },
    { gpus: { min: 1 }, architecture: 'x86_64', rootVolumeGib: 75 },
    { gpus: { min: 1 }, imageId: IMAGE, architecture: 'arm64', rootVolumeGib: 20 },
    { python: '3.14', packages: ['git', 'gcc-c++', 'python3.13-devel', 'libX11', 'mesa-libGL'] },
    { inputBuckets: ['a.b-c'], secretArns: ['arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf'] },
  ] satisfies SpotPoolProps[])('may be %j', (props) => {
    expect(problemsOf(props)).toEqual([]);
  });

  /** Such values come out of a cdk.json, which no compiler has seen. */
  it.each([
    [{ maxWorkers: 0 }, 'maxWorkers is 0: give a whole number from 1 to 10000.'],
    [{ maxWorkers: '20' }, 'maxWorkers is "20": give a whole number from 1 to 10000.'],
    [{ rootVolumeGib: 4 }, 'rootVolumeGib is 4: give a whole number from 8 to 16384.'],
    [{ jobRetentionDays: 7 }, 'jobRetentionDays is 7: give a whole number from 14 to 36500.'],
    [
      { vcpus: { min: 8, max: 2 } },
      'vcpus is {"min":8,"max":2}: give {"min": …} or {"min": …, "max": …}, whole numbers from 1, max not below min.',
    ],
    [
      { memoryMib: 4096 },
      'memoryMib is 4096: give {"min": …} or {"min": …, "max": …}, whole numbers from 1, max not below min.',
    ],
    [{ architecture: 'arm' }, 'architecture is "arm": choose arm64 or x86_64.'],
    [{ controller: 'none' }, 'controller is "none": choose lambda or cli.'],
    [{ isolated: 'yes' }, 'isolated is "yes": give true or false.'],
    [{ name: 'a pool' }, 'name is "a pool": use letters, digits, "_", "." and "-", 57 at most.'],
    [{ name: 'n'.repeat(58) }, `name is "${'n'.repeat(58)}": use letters, digits, "_", "." and "-", 57 at most.`],
    [{ imageId: 'ubuntu' }, 'imageId is "ubuntu": give the id of a machine image, such as ami-0123456789abcdef0.'],
    [{ notifyEmail: 'me' }, 'notifyEmail is "me": give one mail address.'],
    [
      { notifySecretArn: 'https://hooks.example.com/secret' },
      'notifySecretArn is wrong (it is not shown here, because it might be a secret): give the whole ARN of one secret (arn:aws:secretsmanager:…:secret:…).',
    ],
    [
      { notifySecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:*' },
      'notifySecretArn is wrong (it is not shown here, because it might be a secret): give the whole ARN of one secret (arn:aws:secretsmanager:…:secret:…).',
    ],
    [
      { notifySecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf', controller: 'cli' },
      'notifySecretArn is given with controller "cli", but only the controller function reads it: leave it out, and notify from commands (--notify).',
    ],
    [{ inputBuckets: 'data' }, 'inputBuckets is "data": give a list.'],
    [{ inputBuckets: ['s3://data'] }, 'inputBuckets has "s3://data": give names of buckets, without s3://.'],
    [{ secretArns: ['token'] }, 'secretArns has "token": give whole ARNs of secrets.'],
    [{ allowedInstanceTypes: ['C7G'] }, 'allowedInstanceTypes has "C7G": give types such as c7g.large or c7g.*.'],
    [{ vpcId: VPC }, 'vpcId is given without subnetIds: name the subnets of that VPC too, one in each zone to use.'],
    [{ subnetIds: SUBNETS }, 'subnetIds are given without vpcId: name the VPC that they belong to.'],
    [
      { vpcId: VPC, subnetIds: SUBNETS, zones: 2 },
      'zones is given with vpcId, whose subnets decide the zones: leave zones out.',
    ],
    [
      { gpus: { min: 1 }, architecture: 'arm64' },
      "gpus is given with the architecture arm64: the image that AWS has for it serves G5g and P6e alone, and spotpool does not use it. Leave architecture out, which means x86_64, or give imageId, an image of yours with NVIDIA's drivers.",
    ],
    [
      { gpus: { min: 1 }, rootVolumeGib: 50 },
      'rootVolumeGib is 50: the snapshot of the image for gpus has 75 GiB, and EC2 launches nothing from a smaller volume. Leave rootVolumeGib out, which means 100, or give at least 75.',
    ],
    [
      { gpus: { min: 1 }, allowedInstanceTypes: ['p4d.*', 'p*'] },
      'allowedInstanceTypes has "p*", which takes P3 too: the drivers of the image for gpus do not know its GPUs. Name families, such as p4d.* and p5.*, or give imageId.',
    ],
    [
      { gpus: { min: 1 }, allowedInstanceTypes: ['p5.('] },
      'allowedInstanceTypes has "p5.(": give types such as c7g.large or c7g.*.',
    ],
    [{ python: 3.13 }, 'python is 3.13: give one of "3.9", "3.11", "3.12", "3.13", "3.14", in quotes.'],
    [{ python: '3.10' }, 'python is "3.10": give one of "3.9", "3.11", "3.12", "3.13", "3.14", in quotes.'],
    ...['--nogpgcheck', '@development', '/usr/bin/git', 'git;reboot', '$(reboot)', 'a b', 'x.rpm', 'git*', ''].map(
      (name): [object, string] => [
        { packages: [name] },
        `packages has ${JSON.stringify(name)}: give names of the distribution's packages, such as git or gcc-c++.`,
      ],
    ),
    [
      { imageId: IMAGE, imageRevision: '2' },
      'imageRevision is given with imageId, which alone decides the image: leave imageRevision out.',
    ],
    [
      { allowedInstanceTypes: ['c7g.*'], excludedInstanceTypes: ['c6g.*'] },
      'allowedInstanceTypes and excludedInstanceTypes are both given: EC2 accepts only one of them; leave one out.',
    ],
    [
      { maxIdleSeconds: 900, maxLifeSeconds: 600 },
      'maxIdleSeconds (900) is more than maxLifeSeconds (600): make it less.',
    ],
  ])('%j are refused in a sentence', (props, sentence) => {
    expect(problemsOf(props as SpotPoolProps)).toEqual([sentence]);
  });
});
