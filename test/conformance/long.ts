import { join } from 'node:path';
import { circumstances, writeBetweenMarks } from '../faults/report';
import { federationCompatibility } from './federation/compatibility';
import type { Verdict } from './jest-run';
import { apolloServerSuite, EXCEPTIONS } from './suites/apollo-server';

/**
 * `npm run conformance`: the suites of others that take too long for `npm test`, or that have to be fetched. Keeps the
 * figures in docs/conformance.md. Exit status 1 when one of them is not as expected.
 */
const REPORT = join(__dirname, '..', '..', '..', 'docs', 'conformance.md');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const verdicts: [string, Verdict][] = [['`@apollo/server-integration-testsuite` on our HTTP side', await apolloServerSuite()]];
  for (const [router, verdict] of Object.entries(await federationCompatibility())) {
    verdicts.push([`Federation subgraph compatibility, through \`${router}\``, verdict]);
  }
  const rows = verdicts.map(([name, { passed, exceptions, leftOut }]) => `| ${name} | ${passed} | ${exceptions} | ${leftOut} |`);
  const table = ['| suite | passed | exceptions | left out by the suite |', '|---|---|---|---|', ...rows].join('\n');
  const reasons = Object.entries(EXCEPTIONS).map(([name, reason]) => `| ${name.replace('integration tests ', '')} | ${reason} |`);
  say(table);
  const wrong = verdicts.flatMap(([name, verdict]) => verdict.wrong.map((line) => `${name}: ${line}`));
  for (const line of wrong) say(line);
  if (wrong.length > 0) {
    process.exitCode = 1;
    return;
  }
  writeBetweenMarks(REPORT, 'figures', `${circumstances()}\n\n${table}`);
  writeBetweenMarks(REPORT, 'exceptions', ['| test | why it does not apply |', '|---|---|', ...reasons].join('\n'));
}

void main();
