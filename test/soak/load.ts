/** The steady mix of a long run: hits of several places and routes, some with a consent cookie, and a decision now and then. */
import { Agent, request } from 'node:http';
import { createRandom } from '../support/random.ts';

export interface Load {
  readonly sent: number;
  /** Broken, or answered with a status of 400 or above. */
  readonly failed: number;
  /** Decisions that were turned away with 503 and Retry-After: the machine was late, and whoever posts again is served. */
  readonly turnedAway: number;
  /** Not sent, since too many before it had not been answered: the machine, or the program, does not keep up. */
  readonly heldBack: number;
  /** Milliseconds of the requests that were answered since the last call. */
  takeTimes(): number[];
  /** Waits until all is answered, and closes the connections. */
  pause(): Promise<void>;
  resume(): void;
}

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const PLACES: readonly Record<string, string>[] = [
  { 'x-test-country': 'DE' },
  { 'x-test-country': 'US', 'x-test-region': 'CA' },
  { 'x-test-country': 'BR' },
  {},
];
/** So many people decide, and decide again; more would make the store grow, which is not what is looked for. */
const PEOPLE = 50;
/** Nobody meets a program that has just begun with all that it can take. */
const RAMP_S = 5;
/** More that are not answered are no steady load any more, but a queue. */
const MOST_OPEN = 256;

/** Begins with {@link Load.resume}. @param rate requests a second. */
export function createLoad(port: number, rate: number): Load {
  let agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const random = createRandom(60);
  const cookies: string[] = [];
  let times: number[] = [];
  let sent = 0;
  let failed = 0;
  let turnedAway = 0;
  let heldBack = 0;
  let open = 0;

  function send({ method, path, headers, body }: Ask, use?: (setCookie: string | undefined) => void): void {
    sent++;
    open++;
    attempt(performance.now());

    function attempt(began: number): void {
      const req = request({ port, host: '127.0.0.1', agent, method, path, headers }, (res) => {
        res.resume();
        res.on('end', () => {
          open--;
          times.push(performance.now() - began);
          if (res.statusCode === 503 && res.headers['retry-after'] !== undefined) turnedAway++;
          else if ((res.statusCode ?? 500) >= 400) failed++;
          use?.(res.headers['set-cookie']?.[0]);
        });
      });
      req.on('error', () => {
        // As browsers do: a connection that was kept may be closed while a request is on its way to it (RFC 9112 § 9.3.1).
        if (req.reusedSocket) return attempt(began);
        open--;
        failed++;
      });
      req.end(body);
    }
  }

  function decide(): void {
    const purposes = { analytics: random.chance(0.7), advertising: random.chance(0.5) };
    const body = JSON.stringify({ purposes, action: 'save', notice: { version: 'n' } });
    const known = cookies.length >= PEOPLE ? random.pick(cookies) : null;
    const headers = {
      'x-test-country': 'DE',
      'x-forwarded-for': `198.51.100.${random.below(250)}`,
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      ...(known !== null && { cookie: known }),
    };
    send({ method: 'POST', path: '/consent', headers, body }, (setCookie) => {
      if (known === null && setCookie !== undefined) cookies.push(setCookie.split(';')[0] ?? '');
    });
  }

  function hit(): void {
    const headers: Record<string, string> = {
      ...random.pick(PLACES),
      'x-forwarded-for': `198.51.100.${random.below(250)}`,
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0',
      ...(random.chance(0.1) && { 'sec-gpc': '1' }),
      ...(cookies.length > 0 && random.chance(0.5) && { cookie: random.pick(cookies) }),
    };
    const query = `v=2&tid=G-1&cid=${random.below(1e9)}.${random.below(1e9)}&dl=https%3A%2F%2Fshop.example%2F${random.below(100)}&en=page_view`;
    const path = `${random.pick(['/ga', '/own', '/pixel'])}?${query}`;
    if (random.chance(0.3)) send({ method: 'POST', path, headers, body: `en=scroll&epn.percent=${random.below(100)}` });
    else send({ method: 'GET', path, headers });
  }

  let began = 0;
  let due = 0;
  let pump: NodeJS.Timeout | undefined;
  const sendDue = (): void => {
    const seconds = (performance.now() - began) / 1000;
    const shouldHave = (seconds < RAMP_S ? seconds ** 2 / (2 * RAMP_S) : seconds - RAMP_S / 2) * rate;
    // After a pause of this process there is no rush to make up for it.
    if (shouldHave - due > rate) due = shouldHave - rate / 10;
    for (; due < shouldHave; due++) {
      if (open >= MOST_OPEN) heldBack++;
      else if (random.chance(0.005)) decide();
      else hit();
    }
  };
  return {
    get sent() {
      return sent;
    },
    get failed() {
      return failed;
    },
    get turnedAway() {
      return turnedAway;
    },
    get heldBack() {
      return heldBack;
    },
    takeTimes() {
      const taken = times;
      times = [];
      return taken;
    },
    async pause() {
      clearInterval(pump);
      const until = performance.now() + 10_000;
      while (open > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
      agent.destroy();
      agent = new Agent({ keepAlive: true, maxSockets: 64 });
    },
    resume() {
      began = performance.now();
      due = 0;
      pump = setInterval(sendDue, 10);
    },
  };
}
