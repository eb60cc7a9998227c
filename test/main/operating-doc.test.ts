import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreSettings } from '../../src/config/core-settings';
import { createMetrics } from '../../src/observability/metrics';
import { createStoreGauges } from '../../src/observability/store-gauges';
import { openSqliteHarness } from '../store/sqlite-harness';

const operating = readFileSync('docs/operating.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');

function sources(): string[] {
  const files = readdirSync('src', { recursive: true, withFileTypes: true }).filter((entry) => entry.name.endsWith('.ts'));
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
}

describe('docs/operating.md', () => {
  it('explains every metric of the gateway', async () => {
    const { registry } = createMetrics();
    const harness = await openSqliteHarness();
    createStoreGauges(registry, harness.store);
    await harness.dispose();
    const names = registry.getMetricsAsArray().map(({ name }) => name).filter((name) => name.startsWith('closure_'));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !operating.includes(name))).toEqual([]);
  });

  it('explains every alarm', () => {
    const alarms = sources().flatMap((text) => [...text.matchAll(/what: ['`]([a-z][^'`$]{9,})/g)].map(([, what = '']) => what));
    expect(alarms.length).toBeGreaterThan(8);
    expect(alarms.filter((what) => !operating.includes(`| ${what}`))).toEqual([]);
  });
});

it('README.md lists every setting that is not a provider’s', () => {
  const missing = Object.keys(coreSettings).filter((name) => !readme.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});
