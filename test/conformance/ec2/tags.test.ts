/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html, …/API_DeleteTags.html, …/API_DescribeTags.html
 */
import { CreateTagsCommand, DeleteTagsCommand, DescribeTagsCommand, type Tag } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { conformanceTarget, unique } from '../target.js';
import { idOf, NOBODY, TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;

const create = (id: string, ...Tags: Tag[]) => client().send(new CreateTagsCommand({ Resources: [id], Tags }));

async function tagsOf(id: string): Promise<Readonly<Record<string, string>>> {
  const Filters = [{ Name: 'resource-id', Values: [id] }];
  const { Tags = [] } = await client().send(new DescribeTagsCommand({ Filters }));
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const));
}

describe('tags', () => {
  test('several resources are tagged at once, and found by key, value and type', async () => {
    const fleet = await ec2.fleet(1);
    const [instance] = await ec2.running(fleet, 1);
    const Key = unique('stage');
    const Tags = [{ Key, Value: 'test & more' }];
    await client().send(new CreateTagsCommand({ Resources: [fleet, idOf(instance)], Tags }));
    const find = async (...filters: (readonly [string, string])[]) => {
      const Filters = [['key', Key] as const, ...filters].map(([Name, value]) => ({ Name, Values: [value] }));
      return (await client().send(new DescribeTagsCommand({ Filters }))).Tags ?? [];
    };
    const expected = [
      { Key, Value: 'test & more', ResourceId: fleet, ResourceType: 'fleet' },
      { Key, Value: 'test & more', ResourceId: idOf(instance), ResourceType: 'instance' },
    ];
    expect(await find()).toEqual(expect.arrayContaining(expected));
    expect(await find(['resource-type', 'instance'])).toEqual(expected.slice(1));
    expect(await find(['value', 'test*'])).toHaveLength(2);
  });

  test('a tag is replaced by its key, and deleted by key, by key and value, or with all tags', async () => {
    const id = await ec2.template();
    const remove = (Tags?: Tag[]) => client().send(new DeleteTagsCommand({ Resources: [id], Tags }));
    await create(id, { Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }, { Key: 'c', Value: '3' });
    await create(id, { Key: 'a', Value: '4' });
    expect(await tagsOf(id)).toEqual({ a: '4', b: '2', c: '3' });
    await remove([{ Key: 'a' }, { Key: 'b', Value: 'another' }, { Key: 'nobody' }]);
    expect(await tagsOf(id)).toEqual({ b: '2', c: '3' });
    await remove([{ Key: 'b', Value: '2' }]);
    expect(await tagsOf(id)).toEqual({ c: '3' });
    await remove();
    expect(await tagsOf(id)).toEqual({});
  });

  test('reserved keys, more than fifty tags, and missing resources are refused', async () => {
    const id = await ec2.template();
    const refused = async (resource: string, ...tags: Tag[]) => (await errorOf(create(resource, ...tags))).name;
    expect(await refused(id, { Key: 'aws:x', Value: '' })).toBe('InvalidParameterValue');
    expect(await refused(id, { Key: 'x'.repeat(128), Value: 'x'.repeat(257) })).toBe('InvalidParameterValue');
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    await create(id, ...many);
    expect(await refused(id, { Key: 'k50', Value: '' })).toBe('TagLimitExceeded');
    expect(Object.keys(await tagsOf(id))).toHaveLength(50);
    expect(await refused(NOBODY.instance, { Key: 'x', Value: '' })).toBe('InvalidInstanceID.NotFound');
    expect(await refused('nonsense', { Key: 'x', Value: '' })).toBe('InvalidID');
  });

  test('the tags that AWS gave an instance stay when all are deleted', async () => {
    const fleet = await ec2.fleet(1);
    const [instance] = await ec2.running(fleet, 1);
    await create(idOf(instance), { Key: 'own', Value: '' });
    await client().send(new DeleteTagsCommand({ Resources: [idOf(instance)] }));
    expect(Object.keys(await tagsOf(idOf(instance)))).toContain('aws:ec2launchtemplate:id');
    expect(Object.keys(await tagsOf(idOf(instance)))).not.toContain('own');
  });
});
