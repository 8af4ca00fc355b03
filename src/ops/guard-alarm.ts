/** Says in the log where the guard found an identifier that scrubbing had left: a vendor's profile, or scrubbing itself, has to be mended. */
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import type { Logger } from './log.ts';

const MINUTE_MS = 60_000;
/** Names of places come from visitors: no more of them are said in a minute. */
const MOST_LINES = 20;

/** Each place once a minute. */
export class GuardAlarm implements EvidenceSink {
  readonly #log: Logger;
  readonly #said = new Set<string>();
  #minute = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  record({ at, found, route, vendor }: HitEvidence): void {
    if (found === null) return;
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) this.#said.clear();
    this.#minute = minute;
    const { place, part } = found;
    const line = `${route} ${place} ${part}`;
    if (this.#said.has(line) || this.#said.size >= MOST_LINES) return;
    this.#said.add(line);
    this.#log.error({ route, vendor, place, part }, 'the guard stopped a hit: what came in at this place was still in it');
  }
}
