/**
 * A fake EC2 whose instances are only records, like those of LocalStack and moto. It serves the actions that a host uses over HTTP, and has knobs for tests.
 * All instances have the same user data.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

type State = 'pending' | 'running' | 'shutting-down' | 'terminated';
const CODES: Readonly<Record<State, number>> = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48 };

export class FakeEc2 {
  readonly states = new Map<string, State>();
  userData = '#!/bin/sh\nexec sleep 1000\n';
  /** True makes every request fail. */
  isBroken = false;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));

  static async start(port = 0): Promise<FakeEc2> {
    const fake = new FakeEc2();
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const query = new URLSearchParams(body);
    const action = query.get('Action') ?? '';
    const answer = this.isBroken ? undefined : this.#act(action, query);
    response.writeHead(answer === undefined ? 501 : 200, { 'content-type': 'text/xml' });
    response.end(
      answer === undefined
        ? '<Response><Errors><Error><Code>Broken</Code><Message>out of order</Message></Error></Errors></Response>'
        : `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${answer}</${action}Response>`,
    );
  }

  #live(): readonly string[] {
    return [...this.states].filter(([, state]) => state === 'pending' || state === 'running').map(([id]) => id);
  }

  #act(action: string, query: URLSearchParams): string | undefined {
    switch (action) {
      case 'DescribeSpotFleetInstances':
        return `<activeInstanceSet>${this.#live()
          .map((id) => `<item><instanceId>${id}</instanceId></item>`)
          .join('')}</activeInstanceSet>`;
      case 'DescribeInstances':
        return `<reservationSet><item><instancesSet>${[...this.states].map(instanceXml).join('')}</instancesSet></item></reservationSet>`;
      case 'DescribeInstanceAttribute':
        return `<userData><value>${Buffer.from(this.userData).toString('base64')}</value></userData>`;
      case 'TerminateInstances':
        this.states.set(query.get('InstanceId.1') ?? '', 'terminated');
        return '<instancesSet/>';
      default:
        return undefined;
    }
  }
}

const instanceXml = ([id, state]: readonly [string, State]): string =>
  `<item><instanceId>${id}</instanceId><imageId>ami-1</imageId><instanceState><code>${CODES[state]}</code><name>${state}</name></instanceState>` +
  '<instanceType>c7g.large</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>' +
  '<placement><availabilityZone>us-east-1a</availabilityZone></placement></item>';
