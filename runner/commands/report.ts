/** `spotpool report <job>` writes the record of a job as one HTML file. */
import path from 'node:path';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { text, toggle } from '../cli/option-rows.js';
import { bytes } from '../display/format.js';
import { readPageAssets } from '../page/assets.js';
import { reportHtml } from '../page/report.js';
import { requireReportTarget, writeReport } from '../page/write-report.js';
import { readRecord } from '../api/read-record.js';

const reportRows = {
  out: text('<file>', "write the report to this file (default: the job's id with .html)"),
  force: toggle('replace the file when it exists'),
};

export const reportCommand = defineStackCommand({
  name: 'report',
  description:
    'Write the report of a job as an HTML file. It opens in any browser, offline. A job that still runs is shown as it is now.',
  args: { job: 'the id of the job' },
  options: reportRows,
  examples: ['spotpool report herg --local', 'spotpool report herg --out reports/herg.html --force'],
  run: report,
});

async function report({
  context,
  ports,
  args: { job },
  options,
}: StackCall<'job', typeof reportRows>): Promise<number> {
  const { terminal, cwd, signal } = context;
  const out = options.out ?? `${job}.html`;
  const target = { file: path.resolve(cwd, out), force: options.force ?? false };
  await requireReportTarget(target, '--out');
  const record = await readRecord(context, ports, job, signal);
  const html = reportHtml(record, await readPageAssets());
  await writeReport(html, target, '--out');
  const size = Buffer.byteLength(html);
  terminal.out(
    options.json
      ? `${JSON.stringify({ job, file: out, bytes: size })}\n`
      : `Wrote ${out} (${bytes(size)}). Open it in a browser.\n`,
  );
  return EXIT.ok;
}
