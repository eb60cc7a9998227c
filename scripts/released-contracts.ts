import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences } from './schema-changes';

const FOLDER = 'schema/released';
const NAME = /^(\d+)\.(\d+)\.(\d+)\.graphql$/;

/** The contract of one release, `schema/released/1.2.3.graphql`. */
export interface Release {
  version: string;
  /** The numbers of its version. */
  order: readonly [number, number, number];
  sdl: string;
}

/**
 * Every released contract, the oldest first.
 * @param root of the repository
 * @throws Error for a file that is not named as a release, or where there is none
 */
export function releasedContracts(root: string): [Release, ...Release[]] {
  const releases = readdirSync(join(root, FOLDER)).map((name): Release => {
    const [, major, minor, patch] = NAME.exec(name) ?? [];
    if (patch === undefined) throw new Error(`${FOLDER}/${name} is not named by a version, as 1.2.3.graphql is.`);
    const sdl = readFileSync(join(root, FOLDER, name), 'utf8');
    return { version: `${major}.${minor}.${patch}`, order: [Number(major), Number(minor), Number(patch)], sdl };
  });
  const [first, ...rest] = releases.toSorted((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2]);
  if (!first) throw new Error(`${FOLDER} has no contract.`);
  return [first, ...rest];
}

/**
 * What is wrong with the releases: the newest is not the program's version, or one breaks the one before it without a new
 * major version.
 */
export async function releaseFaults(releases: readonly Release[], programVersion: string, today: number): Promise<string[]> {
  const newest = releases.at(-1)?.version;
  const faults = newest === programVersion ? [] : [`The newest contract is that of ${newest}, and package.json says ${programVersion}: a release has both.`];
  for (const [index, next] of releases.slice(1).entries()) {
    const before = releases[index];
    if (!before || before.order[0] !== next.order[0]) continue;
    const { breaking } = await differences(before.sdl, next.sdl, today);
    faults.push(...breaking.map((line) => `${next.version} breaks ${before.version}, which takes a new major version: ${line}`));
  }
  return faults;
}

/**
 * Released contracts that were changed or deleted after they came: in a commit of the history, or since the last one.
 * @returns null where the whole history is not there to be looked at
 */
export function editedReleases(root: string): string[] | null {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const ofContracts = ['--no-renames', '--diff-filter=MDT', '--', `${FOLDER}/*.*.*.graphql`];
  try {
    if (git('rev-parse', '--is-shallow-repository') === 'true') return null;
    // Each side of a merge, too: what came from neither is a change.
    const commits = git('log', '--full-history', '-m', '--format=commit %h: %s', ...ofContracts);
    const since = git('diff', '--name-only', 'HEAD', ...ofContracts);
    return [...new Set([...commits.split('\n'), ...since.split('\n')])].filter(Boolean);
  } catch {
    return null;
  }
}
