/** How far a long piece of work is, for somebody who waits at a terminal: one line on standard error that is gone at the end. */

/** Often enough to be seen moving, seldom enough to cost nothing. */
const EVERY_MS = 100;
/** What is done by then needs no word. */
const SILENT_MS = 400;

const FORMAT = new Intl.NumberFormat('en');

export interface Progress {
  /** @param done how many of them are done by now */
  tell(done: number): void;
  end(): void;
}

/** @param what in the plural: `lines`. Silent where standard error is no terminal. */
export function startProgress(what: string): Progress {
  const { stderr } = process;
  if (!stderr.isTTY) return { tell: () => undefined, end: () => undefined };
  let next = performance.now() + SILENT_MS;
  let isShown = false;
  return {
    tell(done) {
      const now = performance.now();
      if (now < next) return;
      next = now + EVERY_MS;
      isShown = true;
      // CR and "erase to the end of the line" (ECMA-48 § 8.3.41).
      stderr.write(`\r\u001b[K${FORMAT.format(done)} ${what}…`);
    },
    end() {
      if (isShown) stderr.write('\r\u001b[K');
    },
  };
}
