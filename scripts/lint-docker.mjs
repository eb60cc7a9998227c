// Checks the Dockerfile: whatever the linter finds is wrong, warnings too, and a few rules that it does not have.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Each rule gives a sentence where it is broken. `image` is the last stage: what is shipped. */
const rules = [
  ({ image }) => !/^USER (?!root\b|0\b)\S+$/m.test(image) && 'The image must not run as root: USER.',
  ({ image }) => !/^HEALTHCHECK .*CMD \[/m.test(image) && 'The image must say how its health is found out: HEALTHCHECK … CMD [ … ].',
  ({ image }) => !/^STOPSIGNAL SIGTERM$/m.test(image) && 'The image must be stopped by the signal that drains it: STOPSIGNAL SIGTERM.',
  ({ image }) => !/^CMD \["node", /m.test(image) && 'Node must be the first process, or the signal does not reach it: CMD ["node", …].',
  ({ all }) => all.match(/^FROM .*$/gm)?.some((line) => !/^FROM [^\s:]+:(?!latest\b)\S+( AS \S+)?$/.test(line)) && 'A base image needs a tag, and not latest: FROM.',
  ({ all }) => /^(ENV|ARG)\b.*(SECRET|PASS|TOKEN|PRIVATE|CREDENTIAL|_KEY)/im.test(all) && 'No secret belongs into an image: ENV, ARG.',
  ({ all }) => /^ADD /m.test(all) && 'ADD fetches and unpacks: use COPY.',
];

const all = readFileSync(join(root, 'Dockerfile'), 'utf8');
const image = all.slice(all.lastIndexOf('\nFROM '));
const found = validate(all).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`);
const broken = rules.map((rule) => rule({ all, image })).filter(Boolean);
for (const sentence of [...found, ...broken]) console.error(`Dockerfile: ${sentence}`);
if (found.length + broken.length > 0) process.exit(1);
console.log('The Dockerfile is in order.');
