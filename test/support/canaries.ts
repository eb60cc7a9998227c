/** Values that must come out nowhere, and the search for them in everything that came out. */

export interface Canary {
  /** For example "client secret". */
  name: string;
  value: string;
  /** The id of an account, which its own caller gets back where the contract has it. */
  isAccount?: boolean;
}

/** Something that came out. */
export interface Exhibit {
  /** Where it came out, for a person who looks for the leak. */
  place: string;
  text: string;
}

/** Where the contract gives callers back what they sent: their account reference, and their own key. */
const OWN_REFERENCE = /(?:^|\.)account\.(?:id|closureRef|displayId)$|^data\._entities\.\d+\.closureRef$/;
const OWN_KEY = /(?:^|\.)idempotencyKey$/;

/** Every name and text in a JSON value with the path to it; a text that is no JSON is one of its own. */
function textsIn({ text }: Exhibit): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      found.push({ path, text: String(value) });
      return;
    }
    for (const [name, held] of Object.entries(value)) {
      if (!Array.isArray(value)) found.push({ path: `${path} (a name in it)`, text: name });
      walk(held, path ? `${path}.${name}` : name);
    }
  };
  try {
    walk(JSON.parse(text), '');
  } catch {
    found.push({ path: '', text });
  }
  return found;
}

/** The value as it could be written: grouping and case aside, encoded or not. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const encoded = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  return [...new Set([value, encodeURIComponent(value), new URLSearchParams({ '': value }).toString().slice(1), ...encoded].map(plain))];
}

function plain(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toLowerCase();
}

/**
 * Which canary stands where, in words.
 * @param search.everywhere also where the contract gives callers back their own
 */
export function leaks(canaries: readonly Canary[], exhibits: readonly Exhibit[], search: { everywhere?: boolean } = {}): string[] {
  const sought = canaries.map((canary) => ({ ...canary, spellings: spellings(canary.value) }));
  const standingIn = (text: string, among: typeof sought): typeof sought => {
    const shown = plain(text);
    return among.filter((canary) => canary.spellings.some((spelling) => shown.includes(spelling)));
  };
  return exhibits.flatMap((exhibit) => {
    const texts = textsIn(exhibit);
    // At once first: hardly any exhibit has a canary, and there are many of both.
    const somewhere = standingIn(texts.map(({ text }) => text).join('\n'), sought);
    return texts.flatMap(({ path, text }) => {
      const isAllowed = (canary: Canary): boolean => !search.everywhere && (OWN_KEY.test(path) || (canary.isAccount === true && OWN_REFERENCE.test(path)));
      return standingIn(text, somewhere).filter((canary) => !isAllowed(canary)).map(({ name }) => `${name} in ${exhibit.place}${path && `, ${path}`}`);
    });
  });
}
