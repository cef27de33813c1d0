// A command that copies the bytes of each item, or the contents of an object.
import { readFileSync } from 'node:fs';

const ITEM = /^\{"index":(\d+),"item":(.*)\}$/;
const print = (text) => process.stdout.write(Buffer.from(text, 'latin1'));

print('{"ready":true}\n');
let rest = '';
for await (const chunk of process.stdin) {
  const lines = (rest + chunk.toString('latin1')).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const [, index, item] = ITEM.exec(line) ?? [];
    if (index === undefined) continue;
    const output = process.env.OBJECTS === undefined ? item : readFileSync(JSON.parse(item).path, 'latin1');
    print(`{"index":${index},"output":${output}}\n`);
  }
}
