import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** A certificate authority of a test's own, and what it and others gave out for `localhost`. */
export interface TestAuthority {
  /** The file with its own certificate, as NODE_EXTRA_CA_CERTS takes it. */
  file: string;
  good: Certificate;
  expired: Certificate;
  ofAnotherName: Certificate;
  selfSigned: Certificate;
  dispose(): void;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes them by the `openssl` command. */
export function createAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'closure-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string): Certificate => ({ cert: readFileSync(join(folder, `${name}.pem`), 'utf8'), key: readFileSync(join(folder, `${name}.key`), 'utf8') });
  const selfSigned = (name: string) => {
    openssl('req', '-x509', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-days', '2');
    return read(name);
  };
  const signed = (name: string, host: string, days: number) => {
    openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${host}`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`);
    return read(name);
  };
  selfSigned('authority');
  return {
    file: join(folder, 'authority.pem'),
    good: signed('good', 'localhost', 2),
    expired: signed('expired', 'localhost', -1),
    ofAnotherName: signed('another-name', 'elsewhere.example', 2),
    selfSigned: selfSigned('self-signed'),
    dispose: () => rmSync(folder, { recursive: true }),
  };
}
