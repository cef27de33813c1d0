/**
 * Makes the request that notifies an address. Slack gets a text; every other address gets the whole notification, with the headers of Standard Webhooks:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-headers-sending-metadata-to-consumers
 */
import { createHmac } from 'node:crypto';
import type { EndFacts, JobNotification } from '../../core/contract/notification.js';
import { SPOTPOOL_VERSION } from '../../core/contract/version.js';
import type { NotifyAddress } from '../../core/notify/address.js';
import type { PostRequest } from '../ports.js';

export function requestOf({ url, form, key }: NotifyAddress, facts: EndFacts, nowMs: number): PostRequest {
  const common = { 'content-type': 'application/json', 'user-agent': `spotpool/${SPOTPOOL_VERSION}` };
  if (form === 'slack') return { url, headers: common, body: JSON.stringify({ text: slackText(facts.text) }) };
  const notification: JobNotification = { ...facts, sentAt: new Date(nowMs).toISOString() };
  const body = JSON.stringify(notification);
  const headers = {
    ...common,
    'webhook-id': facts.id,
    'webhook-timestamp': String(Math.floor(nowMs / 1_000)),
  };
  if (key === undefined) return { url, headers, body };
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return { url, headers: { ...headers, 'webhook-signature': `v1,${signature}` }, body };
}

/** Slack reads these characters as markup, which could address everybody in a channel. https://docs.slack.dev/messaging/formatting-message-text */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
