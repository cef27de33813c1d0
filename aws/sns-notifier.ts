/** The `Notifier` port on an SNS topic. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Notice, Notifier } from '../runner/ports.js';

/** SNS takes a subject of at most 100 ASCII characters. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_SUBJECT_CHARACTERS = 100;

export class SnsNotifier implements Notifier {
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async notify({ subject, text }: Notice, signal: AbortSignal): Promise<void> {
    const Subject = subject.replace(/[^\x20-\x7e]+/g, '?').slice(0, MAX_SUBJECT_CHARACTERS);
    await this.#client.send(new PublishCommand({ TopicArn: this.#topicArn, Subject, Message: text }), {
      abortSignal: signal,
    });
  }
}
