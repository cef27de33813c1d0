// Gives each item as it is; of an object its key and the value that is in it.
import { readFileSync } from 'node:fs';

const valueOf = ({ key, path }) => [key, JSON.parse(readFileSync(path, 'utf8'))];

export const predict = (items) => (process.env.OBJECTS === undefined ? items : items.map(valueOf));
