import { join } from 'node:path';
import { judge, runJest, type Verdict } from '../jest-run';

const ROOT = join(__dirname, '../../../..');
const [GATEWAY] = (require(join(ROOT, 'jest.config.cjs')) as { projects: [object] }).projects;

const WHOLE = 'integration tests apolloServerTests.ts ';
const HTTP = 'integration tests httpServerTests.ts graphqlHTTP ';

/** What the suite asks for and the gateway does otherwise on purpose. Documented in docs/conformance.md. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  [`${WHOLE}lockstep versioning of @apollo/server and @apollo/server-integration-testsuite`]:
    'compares version numbers: the suite is 5.5.0, the server 5.5.1',
  [`${WHOLE}CSRF prevention default`]: 'text/plain is refused as a type, by 415, before the protection against forged requests would answer 400',
  [`${HTTP}throws an error if POST body is empty`]: 'a POST without a content type is 415, not 400',
  [`${HTTP}throws an error if invalid content-type`]: 'a form is 415, not 400',
  [`${HTTP}throws an error if POST JSON is malformed`]: "is 400, in the gateway's own words: the parser's would quote the body",
  [`${HTTP}cache-control runs when cache-control is disabled`]: 'every answer has cache-control: no-store; the suite wants no such header',
  [`${HTTP}cache-control not set without any hints with if-cacheable`]: 'every answer has cache-control: no-store; the suite wants no such header',
};

/** Apollo's own suite for integrations, over the gateway's HTTP side. */
export async function apolloServerSuite(): Promise<Verdict> {
  const config = {
    ...GATEWAY,
    rootDir: ROOT,
    roots: ['<rootDir>/test/conformance/suites'],
    testMatch: ['**/apollo-server.suite.ts'],
    testPathIgnorePatterns: ['/node_modules/'],
  };
  // Incremental delivery comes with graphql 17.
  return judge(await runJest(config), { tests: 270, exceptions: EXCEPTIONS, leftOut: /tests that require graphql@17|includes all fields with defer/ });
}
