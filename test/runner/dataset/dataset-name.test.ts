/** Tests the short name of a dataset of several files. */
import { describe, expect, it } from 'vitest';
import { datasetName, isNameOfSeveral } from '../../../runner/dataset/dataset-name.js';

describe('the name of a dataset', () => {
  it('is its argument when there is one', () => {
    expect(datasetName(['data/a.csv'])).toBe('data/a.csv');
    expect(isNameOfSeveral('data/a.csv')).toBe(false);
  });

  it('is short when there are many arguments', () => {
    const name = datasetName(['a.csv', 'b.csv', 'c.csv']);
    expect(name).toBe('a.csv and 2 more');
    expect(isNameOfSeveral(name)).toBe(true);
  });
});
