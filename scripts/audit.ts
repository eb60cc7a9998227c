import { auditCommand } from './audit-command';

/** `npm run audit`: see {@link auditCommand}. */
async function main(): Promise<void> {
  process.exitCode = await auditCommand(process.argv.slice(2), (line) => console.log(line));
}

void main();
