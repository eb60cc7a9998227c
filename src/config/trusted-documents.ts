import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Apollo's persisted-query manifest, https://www.apollographql.com/docs/react/data/persisted-queries */
const manifestSchema = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().regex(/^[0-9a-f]{64}$/), body: z.string().min(1) })).min(1),
});

/** TRUSTED_DOCUMENTS: the path of a manifest; documents by the SHA-256 of their text. Empty is the same as unset. */
export const trustedDocumentsSetting = z
  .string()
  .optional()
  .transform((path, context): ReadonlyMap<string, string> | undefined => {
    if (!path) return undefined;
    const read = readManifest(path);
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  });

/** The documents, or what is wrong with the file. */
function readManifest(path: string): ReadonlyMap<string, string> | string {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return 'Must be the path of a file with JSON in it that can be read.';
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) return "Must be a persisted-query manifest in Apollo's format, version 1, with at least one operation.";
  const { operations } = manifest.data;
  const stranger = operations.findIndex(({ id, body }) => createHash('sha256').update(body).digest('hex') !== id);
  if (stranger >= 0) return `The id of operation ${stranger + 1} is not the SHA-256 of its body.`;
  return new Map(operations.map(({ id, body }) => [id, body]));
}
