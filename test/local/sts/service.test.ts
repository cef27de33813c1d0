/** No client of the project speaks STS, so the requests are built as the AWS CLI sends them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../local/http/server.js';
import { createStsService } from '../../../local/sts/service.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ sts: createStsService() }, { port: 0 });
});
afterAll(() => server.close());

async function ask(form: Record<string, string>): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sts/aws4_request, SignedHeaders=host' },
    body: new URLSearchParams(form),
  });
  return { status: response.status, text: await response.text() };
}

describe('STS', () => {
  it('names the caller', async () => {
    const { status, text } = await ask({ Action: 'GetCallerIdentity', Version: '2011-06-15' });
    expect(status).toBe(200);
    expect(text).toContain('<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>');
    expect(text).toContain('<Account>000000000000</Account>');
  });

  it.each([
    [{ Action: 'AssumeRole', Version: '2011-06-15' }, 'InvalidAction', 'GetCallerIdentity only, not AssumeRole'],
    [{ Action: 'GetCallerIdentity', Version: '1' }, 'InvalidAction', 'for version 1'],
    [{ Action: '<a&b>', Version: '2011-06-15' }, 'InvalidAction', 'not &lt;a&amp;b&gt;'],
    [{}, 'MissingAction', 'Action'],
  ])('refuses %j in its own form', async (form, code, message) => {
    const { status, text } = await ask(form);
    expect(status).toBe(400);
    expect(text).toContain(`<Code>${code}</Code>`);
    expect(text).toContain(message);
  });
});
