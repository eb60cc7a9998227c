import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/domain/audit-checkpoint';
import { auditKey } from '../support/audit';
import { type AuditedStore, auditedStore, type Tables } from '../support/audited-store';

describe('npm run audit -- verify', () => {
  let store: AuditedStore;
  beforeAll(async () => {
    store = await auditedStore();
  });
  afterAll(() => store.dispose());

  const all = (from: string[]) => ['verify', ...from, '--key', store.keyFile, '--checkpoint', store.checkpointFile];
  const withoutKey = (from: string[]) => ['verify', ...from];
  async function findings(change: (db: Tables) => Promise<unknown>, args: (from: string[]) => string[] = all) {
    const { status, lines } = await store.onCopy(change, args);
    const told = lines.filter((line) => line.startsWith('WRONG  ')).map((line) => line.slice('WRONG  '.length));
    expect(status).toBe(told.length > 0 ? 1 : 0);
    return { told, lines };
  }
  /** A closure with three entries that are all sealed, its id and how many checkpoints list it. */
  async function sample(db: Tables): Promise<{ id: string; checkpoint: number }> {
    const [row] = await db.all('SELECT id, (SELECT max(checkpoint) FROM audit_seal WHERE closure_id = id) AS checkpoint FROM closure WHERE audit_sealed = 3 AND audit_count = 3 ORDER BY id');
    return row as { id: string; checkpoint: number };
  }
  function changed(change: (db: Tables, id: string) => Promise<unknown>, args = all) {
    let found = { id: '', checkpoint: 0 };
    return findings(async (db) => {
      found = await sample(db);
      await change(db, found.id);
    }, args).then((result) => ({ ...result, ...found }));
  }

  describe('says what is wrong and where, and says one thing once', () => {
    it('of a changed entry', async () => {
      const { told, id } = await changed((db, one) => db.all("UPDATE closure_event SET detail = 'x' WHERE closure_id = ? AND seq = 2", [one]));
      expect(told).toEqual([`closure ${id}: entry 2 was changed`]);
    });

    it('of a changed first entry, and of a change to what was asked for', async () => {
      const entry = await changed((db, one) => db.all("UPDATE closure_event SET actor = 'x' WHERE closure_id = ? AND seq = 1", [one]));
      expect(entry.told).toEqual([`closure ${entry.id}: entry 1, or what was asked for, was changed`]);
      const asked = await changed((db, one) => db.all("UPDATE closure SET reason = 'OTHER' WHERE id = ?", [one]));
      expect(asked.told).toEqual(entry.told);
    });

    it.each(['nonsense', 'null', '[]'])('of an account that is %s now', async (account) => {
      const { told, id } = await changed((db, one) => db.all('UPDATE closure SET account = ? WHERE id = ?', [account, one]));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(new RegExp(`^closure ${id}: (what was asked for cannot be read|entry 1, or what was asked for, was changed)$`));
    });

    it('of a deleted entry', async () => {
      const { told, id } = await changed((db, one) => db.all('DELETE FROM closure_event WHERE closure_id = ? AND seq = 2', [one]));
      expect(told).toEqual(expect.arrayContaining([`closure ${id}: entry 2 is missing`]));
    });

    it('of an entry that nobody wrote', async () => {
      const copy = `INSERT INTO closure_event SELECT closure_id, 4, from_status, to_status, at, cause, detail, actor, correlation_id,
        provider_request_id, evidence, hash FROM closure_event WHERE closure_id = ? AND seq = 3`;
      const { told, id } = await changed((db, one) => db.all(copy, [one]));
      expect(told).toEqual([`closure ${id}: entry 4 was changed`, `closure ${id}: its row counts 3 entries, and the last is 4`]);
    });

    it('of the row of a closure', async () => {
      const set = (assignment: string) => changed((db, one) => db.all(`UPDATE closure SET ${assignment} WHERE id = ?`, [one]));
      const status = await set("status = 'REJECTED'");
      expect(status.told).toEqual([expect.stringMatching(/^closure .*: its row says REJECTED, and its last entry /)]);
      expect((await set('audit_count = 9')).told).toEqual([`closure ${status.id}: its row counts 9 entries, and the last is 3`]);
      expect((await set("audit_head = ''")).told).toEqual([`closure ${status.id}: its row does not end with the hash of entry 3`]);
      expect((await set('audit_sealed = 1')).told).toEqual([`closure ${status.id}: its row says that 1 entries are sealed, and checkpoints have 3`]);
    });

    it('of a closure whose row is gone, and of one that is gone with all its rows', async () => {
      const { told, id } = await changed((db, one) => db.all('DELETE FROM closure WHERE id = ?', [one]));
      expect(told).toEqual([expect.stringMatching(new RegExp(`^closure ${id}: is gone; 3 entries and \\d seals of it are left$`))]);
      const whole = await changed(async (db, one) => {
        for (const table of ['audit_seal', 'closure_event']) await db.all(`DELETE FROM ${table} WHERE closure_id = ?`, [one]);
        await db.all('DELETE FROM closure WHERE id = ?', [one]);
      });
      expect(whole.told).toContain(`checkpoint ${whole.checkpoint}: it, what it lists, or the one before it was changed`);
    });

    it('of a checkpoint that is missing in between, or was newest', async () => {
      const between = await findings((db) => db.all('DELETE FROM audit_checkpoint WHERE number = 2'));
      expect(between.told).toEqual(['checkpoint 3: the one before it is missing', 'checkpoint 3: it, what it lists, or the one before it was changed']);
      const newest = await findings((db) => db.all('DELETE FROM audit_checkpoint WHERE number = 6'), withoutKey);
      expect(newest.told).toEqual(['checkpoint 6: is gone, and what it sealed is left']);
    });

    it('whatever it reads out of the store, on one line each', async () => {
      const { told } = await changed((db, one) => db.all("UPDATE closure SET status = 'X' || char(10) || 'Nothing is wrong.' WHERE id = ?", [one]));
      expect(told).toEqual([expect.stringContaining('its row says X?Nothing is wrong.')]);
    });
  });

  describe('compares signatures', () => {
    const forge = (db: Tables) => db.all("UPDATE audit_checkpoint SET signature = 'AAAA' WHERE number = 3");

    it('with the keys that it is given, and says so where there is none', async () => {
      expect((await findings(forge)).told).toEqual([`checkpoint 3: does not have the signature of key ${store.key.signer.keyId}`]);
      const { told, lines } = await findings(forge, withoutKey);
      expect(told).toEqual([]);
      expect(lines).toContain('Signatures were not checked: give --key, or set AUDIT_KEY.');
    });

    it('and takes no other key for the one it was given', async () => {
      const file = join(store.folder, 'other.pub');
      writeFileSync(file, auditKey().publicPem);
      const { told } = await findings(async () => {}, (from) => ['verify', ...from, '--key', file]);
      expect(told).toHaveLength(6);
      expect(told[0]).toBe(`checkpoint 1: is signed by key "${store.key.signer.keyId}", which was not given`);
      const both = await findings(async () => {}, (from) => ['verify', ...from, '--key', file, '--key', store.keyFile]);
      expect(both.told).toEqual([]);
    });
  });

  describe('compares a checkpoint that was kept', () => {
    const keptWith = (changes: Partial<Checkpoint>) => {
      const file = join(store.folder, 'kept.json');
      writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(store.checkpointFile, 'utf8')) as Checkpoint), ...changes }));
      return file;
    };
    const truncate = async (db: Tables) => {
      for (const table of ['audit_seal', 'audit_checkpoint']) await db.all(`DELETE FROM ${table}`);
      await db.all('UPDATE closure SET audit_sealed = 0');
    };

    it('and so finds that checkpoints were taken away, which nothing else shows', async () => {
      expect((await findings(truncate)).told).toEqual(['checkpoint 6: is gone; the one that was kept is all that is left of it']);
      const { told, lines } = await findings(truncate, withoutKey);
      expect(told).toEqual([]);
      expect(lines).toContain('There is no checkpoint: a change by somebody who also forms the hashes again cannot be found.');
    });

    it('with the one in the store, by root and time', async () => {
      const args = (file: string) => (from: string[]) => ['verify', ...from, '--checkpoint', file];
      expect((await findings(async () => {}, args(keptWith({})))).told).toEqual([]);
      for (const change of [{ root: '0'.repeat(64) }, { sealedAt: 1 }]) {
        expect((await findings(async () => {}, args(keptWith(change)))).told).toEqual(['checkpoint 6: is not the one that was kept']);
      }
    });

    it('with the key, so that the file itself is no forgery', async () => {
      const file = keptWith({ number: 5 });
      const { told } = await findings(async () => {}, (from) => ['verify', ...from, '--key', store.keyFile, '--checkpoint', file]);
      expect(told).toContain(`the checkpoint that was kept: does not have the signature of key ${store.key.signer.keyId}`);
    });
  });

  it('shows times that no calendar has as they are', async () => {
    const { lines } = await findings((db) => db.all('UPDATE audit_checkpoint SET sealed_at = 9000000000000000 WHERE number = 6'));
    expect(lines.join('\n')).toContain('number 6 of 9000000000000000');
  });
});
