import { join } from 'node:path';
import { defineConfig } from 'vite';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** The gateway takes a page from its own origin only: what serves the page passes `/graphql` on. */
const proxy = { '/graphql': process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000' };

export default defineConfig({
  root: join(import.meta.dirname, 'app'),
  server: { host: '127.0.0.1', proxy },
  preview: {
    host: '127.0.0.1',
    strictPort: true,
    proxy,
    headers: { 'content-security-policy': CSP.join('; '), 'x-content-type-options': 'nosniff' },
  },
});
