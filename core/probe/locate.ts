/** Finds the place in the model's own files that a traceback names, and takes the probe's folder out of what people read. */

export interface Place {
  /** The path in what is shipped. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** V8, then Python, then the forms of shells, Ruby and Perl. */
const PLACES: readonly RegExp[] = [
  /(?:file:\/\/)?([^\s()'"]+\.[cm]?[jt]sx?):(\d+)(?::(\d+))?/g,
  /File "([^"\n]+)", line (\d+)/g,
  /([^\s:'"]+\.\w+): line (\d+)/g,
  /([^\s:'"]+\.\w+):(\d+)(?::in\b|:)/g,
  /\bat (\S+\.\w+) line (\d+)/g,
  // Our own host of Python says so.
  /\((\S+\.\w+), line (\d+)\)/g,
];

/** In these languages the innermost frame stands last. */
const INNERMOST_LAST = PLACES[1];

/** Returns the innermost place in one of the shipped files. Places in libraries and in hosts are passed over. */
export function locate(text: string, directory: string, isShipped: (path: string) => boolean): Place | undefined {
  for (const pattern of PLACES) {
    const places = [...text.matchAll(pattern)].flatMap(([, file = '', line, column]) => {
      const path = relativeTo(directory, decoded(file));
      return path === undefined || !isShipped(path)
        ? []
        : [{ file: path, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) }];
    });
    const found = pattern === INNERMOST_LAST ? places.at(-1) : places[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Takes the folder's name out of a text, so that paths are those of what is shipped. */
export const withoutDirectory = (text: string, directory: string): string =>
  text.replaceAll(`file://${directory}/`, '').replaceAll(`${directory}/`, '').replaceAll(directory, '.');

function relativeTo(directory: string, file: string): string | undefined {
  if (file.startsWith(`${directory}/`)) return file.slice(directory.length + 1);
  return file.startsWith('/') ? undefined : file.replace(/^\.\//, '');
}

function decoded(file: string): string {
  try {
    return decodeURI(file);
  } catch {
    return file;
  }
}
