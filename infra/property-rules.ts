/** The kinds of properties. A rule refuses wrong values in sentences that name the property, what is wrong with it, and what to do. */

export interface Range {
  readonly min: number;
  /** When absent, there is no upper bound. */
  readonly max?: number;
}

export interface Rule<Value> {
  /** Describes the values for the reference. */
  readonly values: string;
  /** Returns a sentence for each problem. A value may come from a `cdk.json`, which no compiler has seen. */
  readonly problemsOf: (name: string, value: unknown) => readonly string[];
  readonly byDefault?: Value;
}

/** With a default, the settings of a pool have the property for certain. */
export interface DefaultedRule<Value> extends Rule<Value> {
  readonly byDefault: Value;
}

export function whole(least: number, most: number): Rule<number>;
export function whole(least: number, most: number, byDefault: number): DefaultedRule<number>;
export function whole(least: number, most: number, byDefault?: number): Rule<number> {
  const isValid = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return rule(`${least} to ${most}`, isValid, `give a whole number from ${least} to ${most}`, byDefault);
}

export function range(): Rule<Range>;
export function range(byDefault: Range): DefaultedRule<Range>;
export function range(byDefault?: Range): Rule<Range> {
  const isCount = (count: unknown): boolean => Number.isInteger(count) && Number(count) >= 1;
  const isValid = (value: unknown): boolean => {
    const { min, max } = (value ?? {}) as Partial<Range>;
    return isCount(min) && (max === undefined || (isCount(max) && Number(max) >= Number(min)));
  };
  const advice = 'give {"min": …} or {"min": …, "max": …}, whole numbers from 1, max not below min';
  return rule('`{"min": …, "max": …}` from 1; `max` may be absent', isValid, advice, byDefault);
}

export const form = (pattern: RegExp, advice: string): Rule<string> =>
  rule<string>('text', (value) => typeof value === 'string' && pattern.test(value), advice);

/** A text that may be a secret by mistake, so a wrong one is not shown. */
export const hiddenForm = (pattern: RegExp, advice: string): Rule<string> => ({
  values: 'text',
  problemsOf: (name, value) =>
    typeof value === 'string' && pattern.test(value)
      ? []
      : [`${name} is wrong (it is not shown here, because it might be a secret): ${advice}.`],
});

export function list(pattern: RegExp, advice: string): Rule<readonly string[]>;
export function list(pattern: RegExp, advice: string, byDefault: readonly string[]): DefaultedRule<readonly string[]>;
export function list(pattern: RegExp, advice: string, byDefault?: readonly string[]): Rule<readonly string[]> {
  return {
    values: 'list',
    problemsOf: (name, values) => {
      if (!Array.isArray(values)) return [`${name} is ${show(values)}: give a list.`];
      const wrong = values.filter((value) => typeof value !== 'string' || !pattern.test(value));
      return wrong.map((value) => `${name} has ${show(value)}: ${advice}.`);
    },
    ...(byDefault === undefined ? {} : { byDefault }),
  };
}

/** The advice must say it where a choice could be taken for a number. */
export const oneOf = <Choice extends string>(
  choices: readonly Choice[],
  byDefault: Choice,
  advice = `choose ${choices.join(' or ')}`,
): DefaultedRule<Choice> => {
  const isValid = (value: unknown): boolean => choices.some((choice) => choice === value);
  const values = choices.map((choice) => `\`${choice}\``).join(' or ');
  return { ...rule<Choice>(values, isValid, advice), byDefault };
};

export const flag = (byDefault: boolean): DefaultedRule<boolean> => ({
  ...rule<boolean>('`true` or `false`', (value) => typeof value === 'boolean', 'give true or false'),
  byDefault,
});

export const text = (): Rule<string> => ({ values: 'text', problemsOf: () => [] });

function rule<Value>(
  values: string,
  isValid: (value: unknown) => boolean,
  advice: string,
  byDefault?: Value,
): Rule<Value> {
  return {
    values,
    problemsOf: (name, value) => (isValid(value) ? [] : [`${name} is ${show(value)}: ${advice}.`]),
    ...(byDefault === undefined ? {} : { byDefault }),
  };
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
