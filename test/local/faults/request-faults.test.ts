import { describe, expect, test } from 'vitest';
import { parseFault, parseImperfection } from '../../../local/faults/options.js';
import { changeImperfections, noImperfections } from '../../../local/faults/imperfections.js';
import { type FaultRule, RequestFaults } from '../../../local/faults/request-faults.js';

const struck = (faults: RequestFaults, action: string, count: number): string =>
  Array.from({ length: count }, () => faults.strike('sqs', action)?.fault ?? '-').join(' ');

describe('a rule', () => {
  test('hits the requests that match its service and its action pattern', () => {
    const faults = new RequestFaults();
    faults.add({ service: 'sqs', action: 'Send*Batch', fault: '500' });
    expect(faults.strike('sqs', 'SendMessageBatch')).toEqual({ delayMs: 0, fault: '500' });
    expect(faults.strike('sqs', 'SendMessage')).toBeUndefined();
    expect(faults.strike('s3', 'SendMessageBatch')).toBeUndefined();
  });

  test('lets the first requests pass, then hits as many as it may', () => {
    const faults = new RequestFaults();
    faults.add({ service: 'sqs', fault: '503', after: 1, times: 2 });
    expect(struck(faults, 'SendMessage', 5)).toBe('- 503 503 - -');
    expect(faults.list()).toMatchObject([{ id: 'fault-1', matched: 5, struck: 2 }]);
  });

  test('hits at its rate, and the same requests for the same seed', () => {
    const run = (seed: number): string => {
      const faults = new RequestFaults(seed);
      faults.add({ service: 'sqs', fault: 'throttle', rate: 0.25 });
      return struck(faults, 'SendMessage', 400);
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
    expect(run(1).split('throttle').length - 1).toBeGreaterThan(60);
    expect(run(1).split('throttle').length - 1).toBeLessThan(140);
  });

  test('ends with the function that add returned', () => {
    const faults = new RequestFaults();
    const remove = faults.add({ service: 'sqs', fault: '500' });
    remove();
    expect(struck(faults, 'SendMessage', 1)).toBe('-');
  });

  test('that slows adds to the others, and the first other rule that strikes decides', () => {
    const faults = new RequestFaults();
    faults.add({ service: 'sqs', fault: 'slow', delayMs: 5 });
    faults.add({ service: 'sqs', fault: 'slow', delayMs: [10, 20] });
    faults.add({ service: 'sqs', fault: '500', times: 1 });
    faults.add({ service: 'sqs', fault: '503' });
    const first = faults.strike('sqs', 'SendMessage');
    expect(first?.fault).toBe('500');
    expect(first?.delayMs).toBeGreaterThanOrEqual(15);
    expect(first?.delayMs).toBeLessThan(25);
    expect(faults.strike('sqs', 'SendMessage')?.fault).toBe('503');
  });

  test.each<[unknown, string]>([
    [{ service: 'sqss', fault: '500' }, 'service is one of sqs, s3'],
    [{ service: 'sqs', fault: '501' }, 'fault is one of throttle'],
    [{ service: 'sqs', fault: '500', rate: 1.5 }, 'rate is a number from 0 to 1'],
    [{ service: 'sqs', fault: '500', rate: '1' }, 'rate is a number from 0 to 1'],
    [{ service: 'sqs', fault: '500', times: -1 }, 'times is a whole number'],
    [{ service: 'sqs', fault: '500', action: 'a(b' }, "action is an action's name"],
    [{ service: 'sqs', fault: '500', delayMs: 5 }, 'delayMs if its fault is slow'],
    [{ service: 'sqs', fault: 'slow' }, 'delayMs if its fault is slow'],
    [{ service: 'sqs', fault: 'slow', delayMs: [5, 1] }, 'delayMs is milliseconds'],
    [{ service: 'sqs', fault: 'slow', delayMs: '5' }, 'delayMs is milliseconds'],
  ])('%j is refused with an explanation', (rule, message) => {
    expect(() => new RequestFaults().add(rule as FaultRule)).toThrow(message);
  });
});

describe('on a command line', () => {
  test.each([
    ['sqs:SendMessageBatch:reset-after:0.1', { action: 'SendMessageBatch', fault: 'reset-after', rate: 0.1 }],
    ['sqs:*:slow=100-300', { action: '*', fault: 'slow', delayMs: [100, 300] }],
    ['sqs:*:slow=100:0.5:times=3', { action: '*', fault: 'slow', delayMs: 100, rate: 0.5, times: 3 }],
    ['sqs:Receive*:500:times=2:after=1', { action: 'Receive*', fault: '500', times: 2, after: 1 }],
  ])('%s is a rule', (text, rule) => {
    expect(parseFault(text)).toEqual({ service: 'sqs', ...rule });
  });

  test.each(['sqs', 'sqs:a', 'sqs:a:500:x', 'sqs:a:500:0.1:0.2', 'sqs:a:slow=x', 'sqs:a:500:1.2.3'])(
    '%s is not a rule',
    (text) => {
      expect(() => parseFault(text)).toThrow(`Invalid fault '${text}'. Expected service:action:fault`);
    },
  );

  test('an imperfection consists of a name and a number', () => {
    expect(parseImperfection('sqs.counterLagMs=5000')).toEqual({ sqs: { counterLagMs: 5000 } });
    expect(() => parseImperfection('sqs.counterLagMs')).toThrow(
      "Invalid imperfection 'sqs.counterLagMs'. Expected service.name=number",
    );
  });
});

describe('imperfections', () => {
  test('change only where they are named', () => {
    const imperfections = noImperfections();
    changeImperfections(imperfections, { sqs: { duplicateRate: 0.5 }, ec2: { describeLagMs: 9 } });
    changeImperfections(imperfections, { sqs: { counterLagMs: 1 } });
    expect(imperfections).toEqual({
      ...noImperfections(),
      sqs: { ...noImperfections().sqs, duplicateRate: 0.5, counterLagMs: 1 },
      ec2: { ...noImperfections().ec2, describeLagMs: 9 },
    });
  });

  test.each<[unknown, string]>([
    [{ sqs: { counterLagMs: 1, duplicateRate: 2 } }, 'sqs.duplicateRate must be a number from 0 to 1, not 2'],
    [{ sqs: { constructor: 1 } }, 'not constructor'],
    [{ s4: {} }, 'Unknown service "s4"'],
    [{ sqs: 1 }, 'sqs must be a JSON object'],
    [[], 'Imperfections must be a JSON object'],
  ])('%j changes nothing and is refused', (change, message) => {
    const imperfections = noImperfections();
    expect(() => changeImperfections(imperfections, change)).toThrow(message);
    expect(imperfections).toEqual(noImperfections());
  });
});
