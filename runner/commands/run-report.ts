/** Writes the report at the end of a `run`, which outlives the local cloud of the command. */
import path from 'node:path';
import type { CliContext, StackPorts } from '../cli/context.js';
import type { Display } from '../display/events.js';
import { messageOf } from '../errors.js';
import { readPageAssets } from '../page/assets.js';
import { reportHtml } from '../page/report.js';
import { type ReportTarget, requireReportTarget, writeReport } from '../page/write-report.js';
import { newsNow } from '../follow/news.js';
import { readRecord } from '../api/read-record.js';

interface ReportFlags {
  readonly report?: string;
  readonly force?: boolean;
}

const targetOf = ({ report = '', force = false }: ReportFlags, cwd: string): ReportTarget => ({
  file: path.resolve(cwd, report),
  force,
});

/** Refuses a report that could not be written, before anything is started. */
export async function requireRunReport(flags: ReportFlags, cwd: string): Promise<void> {
  if (flags.report !== undefined) await requireReportTarget(targetOf(flags, cwd), '--report');
}

/** Resolves with false when the report could not be written. The results do not depend on it. */
export async function writeRunReport(
  context: CliContext,
  { ports, signal }: { readonly ports: StackPorts; readonly signal: AbortSignal },
  { job, flags, display }: { readonly job: string; readonly flags: ReportFlags; readonly display: Display },
): Promise<boolean> {
  const { clock, cwd } = context;
  if (flags.report === undefined) return true;
  try {
    const record = await readRecord(context, ports, job, signal);
    await writeReport(reportHtml(record, await readPageAssets()), targetOf(flags, cwd), '--report');
    display.show(
      newsNow(clock, 'info', 'report-written', `Wrote the report to ${flags.report}. Open it in a browser.`),
    );
    return true;
  } catch (error) {
    signal.throwIfAborted();
    display.show(newsNow(clock, 'warning', 'report-not-written', `The report was not written: ${messageOf(error)}`));
    return false;
  }
}
