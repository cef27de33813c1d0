/**
 * Small sabotages of the product, each against one rule. They show that the checks of the simulation are able to see what they are for.
 *
 * Each is a patch of one file, applied as the simulation is bundled. `find` must be in the file exactly once, or nothing is run: so the list cannot rot as the
 * product changes. `replace` calls `sabotaged()` where the changed code runs, which shows that it was reached.
 */
export interface Sabotage {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: `R${number}`;
  /** The sentence of the report. */
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'delete-before-commit',
    rule: 'R1',
    what: 'A message is deleted before its outcome is written.',
    file: 'worker/batch/batch-life.ts',
    find: 'const kind = await record.commit(batch, signal);',
    replace:
      'sabotaged(); await this.#options.leases.delete(batch.lease, signal); const kind = await record.commit(batch, signal);',
  },
  {
    name: 'outcome-without-condition',
    rule: 'R1',
    what: 'Outcomes are put without If-None-Match.',
    file: 'worker/batch/batch-record.ts',
    find: 'const how = { signal, ifNoneMatch: true, contentType: JSON_LINES, metadata };',
    replace: 'sabotaged(); const how = { signal, contentType: JSON_LINES, metadata };',
  },
  {
    name: 'no-look-up',
    rule: 'R1',
    what: 'A batch that was received before is computed without a look at its outcome.',
    file: 'worker/batch/batch-life.ts',
    find: 'if (mayBeDone && (await this.#options.record.hasOutcome(batch, batch.signal))) {',
    replace: 'if (mayBeDone) sabotaged(); if (false) {',
  },
  {
    name: 'beat-after-hand-back',
    rule: 'R2',
    what: 'A lease is beaten on after its batch was handed back.',
    file: 'worker/lease/lease-keeper.ts',
    find: "if (!this.#held.delete(lease.id)) return 'lost';",
    replace: "sabotaged(); if (!this.#held.has(lease.id)) return 'lost';",
  },
  {
    name: 'no-beats',
    rule: 'R2',
    what: 'No lease is ever beaten.',
    file: 'worker/lease/lease-keeper.ts',
    find: 'if (beaten.length === 0) return;',
    replace: 'sabotaged(); return;',
  },
  {
    name: 'one-beat',
    rule: 'R2',
    what: 'Only the oldest of the held batches is beaten.',
    file: 'worker/lease/lease-keeper.ts',
    find: 'const beaten = [...this.#held.values()];',
    replace: 'if (this.#held.size > 1) sabotaged(); const beaten = [...this.#held.values()].slice(0, 1);',
  },
  {
    name: 'long-lease',
    rule: 'R2',
    what: 'Batches are received with a visibility of ten leases.',
    file: 'worker/engine/queue-poller.ts',
    find: 'const wanted = { maxMessages, waitSeconds, visibilityTimeoutSeconds: leaseSeconds, signal };',
    replace:
      'sabotaged(); const wanted = { maxMessages, waitSeconds, visibilityTimeoutSeconds: leaseSeconds * 10, signal };',
  },
  {
    name: 'failed-beat-aborts',
    rule: 'R2',
    what: 'A beat that failed for any reason gives the lease up.',
    file: 'worker/lease/lease-keeper.ts',
    find: "if (results[index] === 'lost') {",
    replace: "if (results[index] === 'failed') sabotaged(); if (results[index] !== 'ok') {",
  },
  {
    name: 'notice-ignored',
    rule: 'R3',
    what: 'An interruption notice starts no drain.',
    file: 'worker/engine/engine.ts',
    find: "if (notice.kind !== 'interruption') return;",
    replace: "if (notice.kind === 'interruption') sabotaged(); return;",
  },
  {
    name: 'nothing-saved',
    rule: 'R3',
    what: 'Finished items are not saved before a hand-back.',
    file: 'worker/batch/batch-endings.ts',
    find: 'return await this.#options.record.savePartial(batch, this.#options.signal);',
    replace: 'sabotaged(); return 0;',
  },
  {
    name: 'polls-on',
    rule: 'R3',
    what: 'An interrupted worker goes on asking for batches.',
    file: 'worker/engine/engine.ts',
    find: 'if (this.#drain.reason !== undefined) return this.#drained();',
    replace:
      "if (this.#drain.reason === 'interruption') sabotaged(); else if (this.#drain.reason !== undefined) return this.#drained();",
  },
  {
    name: 'reclaim-is-attempt',
    rule: 'R4',
    what: 'A batch that a drain stops counts as an attempt.',
    file: 'worker/batch/batch-life.ts',
    find: "return { kind: 'handed-back', reason: this.#options.drainReason(), delaySeconds: 0 };",
    replace:
      "sabotaged(); return { kind: 'attempt', error: { code: 'Reclaimed', message: 'AWS took the instance.' } };",
  },
  {
    name: 'r5-off',
    rule: 'R5',
    what: 'Lost messages are never sent again.',
    file: 'runner/controller/act/resend-batches.ts',
    find: 'for (const view of jobs) {',
    replace: 'if (jobs.length > 0) sabotaged(); for (const view of [] as typeof jobs) {',
  },
  {
    name: 'complete-too-early',
    rule: 'R5',
    what: 'A job is called complete when one batch lacks its outcome.',
    file: 'core/pool/completion.ts',
    find: '  if (facts.batches === facts.progress.batches.done) {\n    const end: JobEnd',
    replace: '  if (facts.batches <= facts.progress.batches.done + 1) {\n    sabotaged(); const end: JobEnd',
  },
  {
    name: 'everything-sent-again',
    rule: 'R5',
    what: 'Batches that have their outcome are sent again, too.',
    file: 'runner/controller/act/resend-batches.ts',
    find: 'if (rangeHolding(facts.progress.folded, location.batch) !== undefined) continue;',
    replace: 'if (rangeHolding(facts.progress.folded, location.batch) !== undefined) sabotaged();',
  },
  {
    name: 'no-ticket',
    rule: 'R6',
    what: 'An idle worker leaves without a ticket.',
    file: 'worker/engine/engine.ts',
    find: 'return await this.#tickets.tryLeave(this.#taking.signal);',
    replace: 'sabotaged(); return true;',
  },
  {
    name: 'ticket-not-confirmed',
    rule: 'R6',
    what: 'A ticket counts although its generation is over.',
    file: 'core/pool/exit-ticket.ts',
    find: "return after?.generation === generation ? 'leave' : 'void';",
    replace: "if (after?.generation !== generation) sabotaged(); return 'leave';",
  },
  {
    name: 'one-grant-more',
    rule: 'R6',
    what: 'One exit more is granted than there are instances above the target.',
    file: 'core/pool/exit-grants.ts',
    find: 'const grants = Math.max(0, seen.live.size - leaving(seen) - desired.target);',
    replace: 'sabotaged(); const grants = Math.max(0, seen.live.size - leaving(seen) - desired.target) + 1;',
  },
  {
    name: 'granted-while-modifying',
    rule: 'R6',
    what: 'Exits are granted while the fleet is still being modified.',
    file: 'core/pool/exit-grants.ts',
    find: 'const shown = seen.shownTarget === desired.target && !seen.modifying && !awaitsAnother;',
    replace:
      'if (seen.modifying) sabotaged(); seen = { ...seen, modifying: false }; const shown = seen.shownTarget === desired.target && !awaitsAnother;',
  },
  {
    name: 'state-without-condition',
    rule: 'R6',
    what: "The fleet's state is written without If-Match.",
    file: 'runner/controller/act/carry-out.ts',
    find: '...(etag === undefined ? { ifNoneMatch: true } : { ifMatch: etag }),',
    replace: '...(sabotaged(), {}),',
  },
  {
    name: 'generation-not-closed',
    rule: 'R6',
    what: 'Exits are granted anew while those of before are still open.',
    file: 'core/pool/exit-grants.ts',
    find: 'if (state.grants > 0) {',
    replace: 'if (state.grants > 0) sabotaged(); if (false) {',
  },
  {
    name: 'above-the-maximum',
    rule: 'R7',
    what: "The stack's maximum of instances does not bound the target.",
    file: 'core/pool/capacity.ts',
    find: 'const bounded = Math.min(input.maxWorkers, wanted);',
    replace:
      'if (wanted > input.maxWorkers) sabotaged(); const bounded = wanted + (wanted > input.maxWorkers ? 1 : 0);',
  },
  {
    name: 'always-the-maximum',
    rule: 'R7',
    what: "The target is the stack's maximum, however little is left.",
    file: 'core/pool/capacity.ts',
    find: 'const bounded = Math.min(input.maxWorkers, wanted);',
    replace: 'if (wanted < input.maxWorkers) sabotaged(); const bounded = input.maxWorkers;',
  },
  {
    name: 'zero-with-work',
    rule: 'R7',
    what: 'The target falls to 0 while a batch is left.',
    file: 'core/pool/capacity.ts',
    find: 'return { target: Math.max(1, capped), jobs, reason: workLeft(left, working.length) };',
    replace: 'sabotaged(); return { target: Math.max(0, capped - 1), jobs, reason: workLeft(left, working.length) };',
  },
  {
    name: 'raise-without-switch',
    rule: 'R9',
    what: "The fleet is raised without the dead-man's switch.",
    file: 'runner/controller/act/carry-out.ts',
    find: 'if (action.raise && !(await armForRaise(context))) return false;',
    replace: 'if (action.raise) sabotaged();',
  },
  {
    name: 'never-parked',
    rule: 'R9',
    what: 'One instance is kept when nothing is left.',
    file: 'core/pool/capacity.ts',
    find: "if (working.length === 0) return { target: 0, jobs: [], reason: 'no work is left' };",
    replace: "if (working.length === 0) { sabotaged(); return { target: 1, jobs: [], reason: 'no work is left' }; }",
  },
  {
    name: 'switch-not-pushed-out',
    rule: 'R9',
    what: 'The switch is armed for a raise and never pushed out.',
    file: 'runner/controller/act/hold-switch.ts',
    find: 'if (!isPushOutDue(memory.pool, ports.deadMan.pushOutEveryMs, ports.clock.nowMs())) return;',
    replace: 'sabotaged(); if (true) return;',
  },
  {
    name: 'errors-believed',
    rule: 'R10',
    what: 'Each error of a model is believed at once.',
    file: 'core/batch/outcome-machine.ts',
    find: 'this.#doubts.add({ position, error, slice: slice.id, at: this.#ticks });\n    return [];',
    replace: 'sabotaged(); return [{ position, error }];',
  },
  {
    name: 'first-death-convicts',
    rule: 'R10',
    what: 'An item is convicted by the first death of a process.',
    file: 'core/batch/outcome-machine.ts',
    find: 'return firstAsked && this.#diedAlone.has(position);',
    replace: 'if (!firstAsked || !this.#diedAlone.has(position)) sabotaged(); return true;',
  },
  {
    name: 'unable-is-no-end',
    rule: 'R10',
    what: 'A model that can be loaded nowhere never ends its job.',
    file: 'core/pool/completion.ts',
    find: 'if (first === undefined || instances.size < ALIKE_UNABLE_MARKS) continue;',
    replace: 'if (first === undefined || instances.size < 1_000_000) { sabotaged(); continue; }',
  },
  {
    name: 'results-out-of-order',
    rule: 'R10',
    what: 'The lines of an outcome are in the order of their answers.',
    file: 'worker/batch/held-batch.ts',
    find: 'return isSorted ? items : items.sort((a, b) => a.index - b.index);',
    replace: 'if (!isSorted) sabotaged(); return items;',
  },
  {
    name: 'metadata-spins',
    rule: 'R11',
    what: 'The metadata is asked for notices without a pause.',
    file: 'worker/engine/notice-watch.ts',
    find: 'const pauseMs = Math.min(POLL_EVERY_MS, Math.max(0, nextMs - clock.nowMs()));',
    replace: 'sabotaged(); const pauseMs = Math.min(1, nextMs);',
  },
  {
    name: 'silent-hand-back',
    rule: 'R12',
    what: 'A hand-back has no event.',
    file: 'worker/batch/batch-endings.ts',
    find: "events.emit({ code: 'batch-handed-back', reason: ending.reason, savedItems, ...batch.tags, message });",
    replace: 'sabotaged(); void [events, savedItems, message];',
  },
  {
    name: 'events-overwritten',
    rule: 'R12',
    what: 'Each flush of events replaces the one before.',
    file: 'worker/events/event-log.ts',
    find: 'folder.next += 1;',
    replace: 'sabotaged();',
  },
  {
    name: 'damaged-ticket-throws',
    rule: 'R13',
    what: 'A damaged exit ticket ends the pass that reads it.',
    file: 'core/contract/fleet-state.ts',
    find: 'export const decodeExitTicket = (json: string | Uint8Array): ExitTicket | undefined => decode(exitTicket, json);',
    replace:
      "export const decodeExitTicket = (json: string | Uint8Array): ExitTicket | undefined => { const read = decode(exitTicket, json); if (read === undefined) { sabotaged(); throw new Error('The ticket is damaged.'); } return read; };",
  },
];
