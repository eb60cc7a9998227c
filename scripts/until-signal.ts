/** Settles at the first Ctrl-C or SIGTERM. Further ones are left without effect: under npm one Ctrl-C arrives twice. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}
