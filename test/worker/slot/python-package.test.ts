import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../../../worker/slot/slot.js';
import { oldestAndNewest, PythonModels } from './python-model.js';
import { buildHost, computeWith, itemsOf, slotOf, type BuiltHost } from './support.js';

let host: BuiltHost;
let models: PythonModels;
let slot: Slot;
beforeAll(async () => {
  [host, models] = await Promise.all([buildHost(), PythonModels.open()]);
});
afterEach(() => slot.close());
afterAll(() => Promise.all([host.remove(), models.remove()]));

describe.each(oldestAndNewest())('a file of a package as a model with Python $version', ({ path: python }) => {
  /** The output for one item, or why the model cannot be used. */
  const answer = async (files: Readonly<Record<string, string>>, entry: string): Promise<unknown> => {
    slot = slotOf(host);
    const model = await models.write(files, { python, entry });
    const { end, results } = await computeWith(slot, model, itemsOf([1]));
    const [line] = results;
    return line?.ok === true ? line.output : end.kind === 'unable' ? end.message : line;
  };

  it('imports its neighbours by their place in the package, by the name of the package, and without either', async () => {
    const source = [
      'from . import WORD',
      'from .util import NAME',
      'from .deep.more import UP',
      'import app.util, beside',
      'def predict(items):',
      '  return [[WORD, NAME, UP, app.util.NAME, beside.SEEN, __package__] for _ in items]',
    ].join('\n');
    const files = {
      'app/__init__.py': 'WORD = "app"',
      'app/model.py': source,
      'app/util.py': 'NAME = __name__',
      'app/beside.py': 'import model\nSEEN = model.__name__',
      'app/deep/__init__.py': '',
      'app/deep/more.py': 'from ..util import NAME as UP',
    };
    const found = ['app', 'app.util', 'app.util', 'app.util', 'app.model', 'app'];
    expect(await answer(files, 'app/model.py')).toEqual(found);
  });

  it('may be in a package of a package, which imports the file itself', async () => {
    const files = {
      'json/__init__.py': 'WORD = "ours"', // Python's own json stays in its place
      'json/deep/__init__.py': 'from .model import predict',
      'json/deep/model.py':
        'from .. import WORD\nfrom json import dumps\ndef predict(items):\n  return [[WORD, dumps({}), __name__] for _ in items]',
    };
    expect(await answer(files, 'json/deep/model.py')).toEqual(['ours', '{}', 'spotpool_model_json.deep.model']);
  });

  it('names the file and line of the package that raises', async () => {
    const files = {
      'app/__init__.py': '\nraise ValueError("early")',
      'app/model.py': 'def predict(items): return items',
    };
    const reason = /\napp\/model\.py raised ValueError: early \(app\/__init__\.py, line 2\)\.$/;
    expect(await answer(files, 'app/model.py')).toMatch(reason);
  });
});
