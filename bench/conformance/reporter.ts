/** A vitest reporter that writes the events of events.ts to a file; its reader builds the table. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCase, TestModule, TestSuite } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';
import { definedFields } from '../../core/defined-fields.js';
import { EVENTS_FILE, type SuiteEvent, type TestId } from './events.js';

export default class EventReporter implements Reporter {
  readonly #file = process.env[EVENTS_FILE] ?? '';

  onTestModuleCollected(module: TestModule): void {
    for (const test of module.children.allTests()) this.#tell({ kind: 'found', test: idOf(test) });
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === 'pending') return;
    const error = result.errors?.[0]?.message;
    const note = result.state === 'skipped' ? result.note : undefined;
    const why = { ...definedFields({ error, note }) };
    this.#tell({ kind: 'result', test: idOf(test), state: result.state, ...why });
  }

  onTestSuiteResult(suite: TestSuite): void {
    this.#tellErrors(suite.module, suite.errors());
  }

  onTestModuleEnd(module: TestModule): void {
    this.#tellErrors(module, module.errors());
  }

  #tellErrors(module: TestModule, errors: readonly { readonly message: string }[]): void {
    for (const { message } of errors) this.#tell({ kind: 'file-failed', ...placeOf(module), error: message });
  }

  #tell(event: SuiteEvent): void {
    appendFileSync(this.#file, `${JSON.stringify(event)}\n`);
  }
}

function idOf(test: TestCase): TestId {
  const place = placeOf(test.module);
  let feature = place.file.replace(/\.test\.ts$/, '').replaceAll('-', ' ');
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) feature = parent.name;
  return { ...place, feature, name: test.fullName.replace(`${feature} > `, '') };
}

function placeOf(module: TestModule): { readonly service: string; readonly file: string } {
  const folder = path.dirname(module.moduleId);
  return { service: path.basename(folder), file: path.basename(module.moduleId) };
}
