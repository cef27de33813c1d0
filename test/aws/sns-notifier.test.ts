import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, it } from 'vitest';
import { SnsNotifier } from '../../aws/sns-notifier.js';
import { mockedClient } from '../support/mocked-client.js';

const sns = mockedClient(SNSClient);
afterEach(() => sns.reset());

describe('notices over SNS', () => {
  const notifier = new SnsNotifier(sns as unknown as SNSClient, 'arn:aws:sns:us-east-1:1:topic');

  it('go to the topic with the whole text', async () => {
    await notifier.notify({ subject: 'Job a is complete', text: 'All äöü.' }, new AbortController().signal);
    expect(sns.commandCalls(PublishCommand).map(({ args }) => args[0].input)).toEqual([
      { TopicArn: 'arn:aws:sns:us-east-1:1:topic', Subject: 'Job a is complete', Message: 'All äöü.' },
    ]);
  });

  it('have a subject that SNS accepts, whatever the name of the job', async () => {
    await notifier.notify({ subject: `Jöb\n${'x'.repeat(200)}`, text: '' }, new AbortController().signal);
    const subject = sns.commandCalls(PublishCommand)[0]?.args[0].input.Subject ?? '';
    expect(subject).toMatch(/^J\?b\?x+$/);
    expect(subject).toHaveLength(100);
  });
});
