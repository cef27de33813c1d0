import { describe, expect, it } from 'vitest';
import { readContext } from '../../infra/context.js';

const read = (context: Readonly<Record<string, unknown>>) => readContext((key) => context[key]);

describe("the app's context", () => {
  it('may be empty', () => {
    expect(read({})).toEqual({ stackName: 'Spotpool', props: {}, problems: [] });
  });

  it('names the stack, so that several stand side by side', () => {
    expect(read({ stack: 'Team-B', spotpool: { maxWorkers: 50 } })).toEqual({
      stackName: 'Team-B',
      props: { maxWorkers: 50 },
      problems: [],
    });
  });

  it('may come as text from the command line', () => {
    expect(read({ spotpool: '{"maxWorkers":50}' }).props).toEqual({ maxWorkers: 50 });
  });

  it('may name the controller on the command line, which overrides the file', () => {
    const spotpool = { maxWorkers: 50, controller: 'lambda' };
    expect(read({ controller: 'cli', spotpool }).props).toEqual({ maxWorkers: 50, controller: 'cli' });
  });

  it.each([
    [{ stack: '7' }, 'The CDK context\'s "stack" is "7": give a name of a letter, then letters, digits and "-".'],
    [
      { spotpool: 'maxWorkers=50' },
      'The CDK context\'s "spotpool" is not an object: give one such as {"maxWorkers": 50}.',
    ],
    [{ spotpool: { maxWorker: 5 } }, 'Unknown property "maxWorker" in the CDK context. Did you mean "maxWorkers"?'],
    [{ spotpool: { workers: 5 } }, 'Unknown property "workers" in the CDK context. Did you mean "maxWorkers"?'],
    [{ spotpool: { gpu: 1 } }, 'Unknown property "gpu" in the CDK context. Did you mean "gpus"?'],
    [
      { spotpool: { colour: 'red' } },
      'Unknown property "colour" in the CDK context. Choose one of name, maxWorkers, architecture,',
    ],
  ])('%j is refused in a sentence', (context, sentence) => {
    const { problems } = read(context);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });
});
