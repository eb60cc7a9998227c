/** Puts the folder of PostgreSQL's programs into POSTGRES_BIN, where it is not named there and Debian's packages have one. */
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const DEBIAN = '/usr/lib/postgresql';

/** The programs of the newest PostgreSQL that Debian's packages have installed. */
function installedPostgres() {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

process.env.POSTGRES_BIN ||= installedPostgres() ?? '';
