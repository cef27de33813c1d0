/**
 * Says whether a wheel fits a platform, and which of several fits best. Installers choose in this order, so the chosen file is the one that an
 * instance would take. https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
 */

interface WheelName {
  readonly name: string;
  readonly version: string;
  readonly build: readonly [number, string];
  readonly pythons: readonly string[];
  readonly abis: readonly string[];
  readonly platforms: readonly string[];
}

const WHEEL = /^([^-]+)-([^-]+)(?:-(\d+)([^-]*))?-([^-]+)-([^-]+)-([^-]+)\.whl$/;
/** The name becomes a part of paths and keys, and an index chooses it. The environment file accepts the same characters. */
const SAFE = /^[\w.+!-]+$/;

export function parseWheelName(file: string): WheelName | undefined {
  const [, name, version, build = '-1', buildTag = '', python, abi, platform] =
    (SAFE.test(file) ? WHEEL.exec(file) : null) ?? [];
  if (name === undefined || version === undefined || python === undefined) return undefined;
  const tags = (text = ''): readonly string[] => text.split('.');
  return {
    name,
    version,
    build: [Number(build), buildTag],
    pythons: tags(python),
    abis: tags(abi),
    platforms: tags(platform),
  };
}

/** Packages have one name in this spelling. https://packaging.python.org/en/latest/specifications/name-normalization/ */
export const normalName = (name: string): string => name.replaceAll(/[-_.]+/g, '-').toLowerCase();

export interface WheelTarget {
  /** Two numbers, such as `3.13`. */
  readonly python: string;
  /** The platform in the names of uv. */
  readonly platform: string;
}

/** Returns the file that fits best. Of several that fit equally well, the one with the highest build number counts. */
export function bestWheel<File extends { readonly file: string }>(
  files: readonly File[],
  target: WheelTarget,
): File | undefined {
  const fitting = files.flatMap((file) => {
    const name = parseWheelName(file.file);
    const rank = name === undefined ? undefined : rankOf(name, target);
    return name === undefined || rank === undefined ? [] : [{ file, rank, build: name.build }];
  });
  fitting.sort((a, b) => compareRanks(a.rank, b.rank) || b.build[0] - a.build[0] || (a.build[1] < b.build[1] ? 1 : -1));
  return fitting[0]?.file;
}

export const fits = (file: string, target: WheelTarget): boolean => bestWheel([{ file }], target) !== undefined;

/** The rank of interpreter and ABI, then that of the platform. The lowest rank is the best one. */
type Rank = readonly [number, number];

const compareRanks = (a: Rank, b: Rank): number => a[0] - b[0] || a[1] - b[1];

function rankOf({ pythons, abis, platforms }: WheelName, target: WheelTarget): Rank | undefined {
  let best: Rank | undefined;
  for (const python of pythons) {
    for (const abi of abis) {
      for (const platform of platforms) {
        const rank = rankOfTag(python, abi, platform, target);
        if (rank !== undefined && (best === undefined || compareRanks(rank, best) < 0)) best = rank;
      }
    }
  }
  return best;
}

/** Wheels for any platform come last. */
const ANY_PLATFORM = 1_000_000;

function rankOfTag(python: string, abi: string, platform: string, target: WheelTarget): Rank | undefined {
  const onPlatform = platform === 'any' ? 0 : rankOfPlatform(platform, target.platform);
  const onPython = rankOfPython(python, abi, Number(target.python.split('.')[1]));
  if (onPlatform === undefined || onPython === undefined) return undefined;
  return [onPython + (platform === 'any' ? ANY_PLATFORM : 0), onPlatform];
}

/** The order is cp313-cp313, cp313-abi3, cp313-none, cp312-abi3 and older, py313-none, py3-none, py312-none and older. */
function rankOfPython(python: string, abi: string, minor: number): number | undefined {
  const [, kind, digits = ''] = /^(cp|py)(\d+)$/.exec(python) ?? [];
  const given = digits === '3' ? undefined : digits.startsWith('3') ? Number(digits.slice(1)) : Number.NaN;
  if (kind === 'cp') {
    if (given === minor) return { [`cp3${minor}`]: 0, abi3: 1, none: 2 }[abi];
    if (abi === 'abi3' && given !== undefined && given >= 2 && given < minor) return 10 + (minor - given);
    return abi === 'none' && given === undefined ? 199 : undefined;
  }
  if (kind !== 'py' || abi !== 'none') return undefined;
  if (given === minor) return 200;
  if (given === undefined) return 201;
  return given < minor ? 201 + (minor - given) : undefined;
}

/** No glibc has a version above this. */
const LATEST_MINOR = 1_000;
/** The older names of manylinux tags. https://peps.python.org/pep-0600/#legacy-manylinux-tags */
const LEGACY: Readonly<Record<string, number>> = { manylinux1: 5, manylinux2010: 12, manylinux2014: 17 };

function rankOfPlatform(tag: string, platform: string): number | undefined {
  const [, processor = '', system = ''] = /^(aarch64|x86_64)-(.+)$/.exec(platform) ?? [];
  if (system === 'apple-darwin') return rankOfMac(tag, processor === 'aarch64' ? 'arm64' : 'x86_64');
  if (tag === `linux_${processor}`) return 2 * LATEST_MINOR;
  if (system === 'unknown-linux-musl') {
    const minor = minorOf(tag, 'musllinux_1_', processor);
    return minor === undefined || minor > MUSL_MINOR ? undefined : MUSL_MINOR - minor;
  }
  const most = system === 'unknown-linux-gnu' ? GNU_MINOR : Number(/^manylinux_2_(\d+)$/.exec(system)?.[1]);
  const [, legacy = ''] = /^(manylinux(?:1|2010|2014))_/.exec(tag) ?? [];
  const minor = tag === `${legacy}_${processor}` ? LEGACY[legacy] : minorOf(tag, 'manylinux_2_', processor);
  return minor === undefined || !(minor <= most) ? undefined : 2 * (most - minor) + (legacy === '' ? 0 : 1);
}

/** The versions that uv takes for platforms without a version in their names. https://docs.astral.sh/uv/reference/cli/#uv-pip-compile--python-platform */
const MUSL_MINOR = 2;
const GNU_MINOR = 28;
const MAC_VERSION = { arm64: 13, x86_64: 13 } as const;

function minorOf(tag: string, start: string, processor: string): number | undefined {
  const minor = new RegExp(`^${start}(\\d+)_${processor}$`).exec(tag)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

function rankOfMac(tag: string, processor: 'arm64' | 'x86_64'): number | undefined {
  const [, major, minor, kind = ''] = /^macosx_(\d+)_(\d+)_(\w+)$/.exec(tag) ?? [];
  if (major === undefined || Number(major) > MAC_VERSION[processor]) return undefined;
  if (processor === 'arm64' && Number(major) < 11 && kind !== 'universal2') return undefined;
  const kinds =
    processor === 'arm64' ? ['arm64', 'universal2'] : ['x86_64', 'intel', 'fat64', 'fat32', 'universal2', 'universal'];
  const at = kinds.indexOf(kind);
  return at < 0 ? undefined : (LATEST_MINOR - Number(major)) * 100_000 + (100 - Number(minor)) * 10 + at;
}
