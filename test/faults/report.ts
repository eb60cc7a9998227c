import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { type Finding, FINDING_KINDS, type FindingKind } from './checker';
import type { MakeStore } from './stores';

/** A figure and its value. */
export type Row = [what: string, value: string];

/** What decides whether a table is kept. */
export interface Worth {
  /** It did as much as the part does by itself, or more. */
  isWhole: boolean;
  /** Every promise was kept. */
  isGood: boolean;
}

export interface PartReport extends Worth {
  rows: Row[];
  /** What stands below the table, a paragraph each. */
  notes?: readonly string[];
}

export interface PartOptions {
  store: MakeStore;
  /** How many kills, rounds or cuts; absent: as many as the part makes by itself. */
  count?: number;
  seed: number;
  /** Progress, a line at a time. */
  say(line: string): void;
}

const WORDS: Record<FindingKind, string> = {
  LOST: 'lost',
  DOUBLE: 'closed twice',
  RESENT: 'close requests that only the provider kept from closing twice',
  ORDER: 'groups asked to be closed before their accounts',
  NOT_ASKED: 'closed, announced or to be sold, and nobody asked for that',
  SALE: 'positions sold twice, or sales told of that were none',
  FALSE_CLOSED: 'false CLOSED',
  FALSE_REFUSED: 'told that nothing was closed, and it was',
  UNFOUNDED: 'refused, failed or withdrawn, and nobody said so',
  GIVEN_UP: 'left to a person, and it was closed',
  ILLEGAL: 'illegal transitions and broken histories',
  CONTRADICTED: 'answers contradicted later',
};

/** How often each promise was broken. */
export function countsOf(findings: readonly Finding[]): Row[] {
  return FINDING_KINDS.map((kind) => [WORDS[kind], String(findings.filter((finding) => finding.kind === kind).length)]);
}

/** The value that so much of the sorted values is not above; fraction from 0 to 1. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}

export function tableOf(rows: readonly (readonly string[])[], heads: readonly string[] = ['figure', 'value']): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

/** Where and when the figures were had, and of which program. A load above the processors means that the run had to share them. */
export function circumstances(): string {
  const load = loadavg()[1]?.toFixed(1);
  const commit = commitOf(__dirname);
  const facts = [`Node ${process.versions.node}`, `${availableParallelism()} processors`, `load ${load}`, ...(commit ? [`commit ${commit}`] : [])];
  return [...facts, new Date().toISOString().slice(0, 10)].join(', ');
}

/** The commit that the folder is of, and whether anything but the pages was changed since; '' where git knows nothing of it. */
export function commitOf(folder: string): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const hash = git('rev-parse', '--short', 'HEAD');
    // The tables that a run writes into the pages make no other program of it.
    const changes = git('status', '--porcelain', '--', ':(top)', ':(top,exclude)docs');
    return changes === '' ? hash : `${hash} with changes`;
  } catch {
    return '';
  }
}

/**
 * Keeps a table in the file, unless it would take the place of a better one: a short run shows less, and one that failed
 * is for whoever mends it.
 * @param source the command and its circumstances
 * @returns what became of it, for the person at the terminal
 */
export function keepTable(file: string, name: string, source: string, table: string, { isWhole, isGood }: Worth): string {
  if (!isGood) return `A promise was broken: ${file} is left as it is.`;
  if (!isWhole) return `Shorter than the part is by itself: ${file} is left as it is.`;
  writeBetweenMarks(file, name, `${source}\n\n${table}`);
  return `Kept in ${file}.`;
}

/** Puts the text between the marks of that name in the file, and leaves the rest as it is. */
export function writeBetweenMarks(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const block = `${begin}\n${text}\n${end}`;
  writeFileSync(file, from < 0 || to < from ? `${before}\n${block}\n` : before.slice(0, from) + block + before.slice(to + end.length));
}
