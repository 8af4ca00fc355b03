/**
 * Requests that are not taken apart for Node itself: before it hands a request over, Node asks for its `host` and `expect`, and would
 * join all the fields into an object for that. The way of a hit reads the lines as they came and never needs the object.
 */
import { IncomingMessage } from 'node:http';

const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

const inherited = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers');

/** To be given to `createServer`. `isHandedOver` is set when the first listener gets the request: from then on `headers` is whole. */
export class LeanRequest extends IncomingMessage {
  isHandedOver = false;

  /**
   * Node calls this when an answer is written whose request nobody has read to its end. One that has come without a body has
   * nothing to be read away; bringing its stream to an end, which nobody waits for, would cost several ticks.
   */
  _dump(): void {
    if (!this.complete || this.readableLength > 0 || this.readableFlowing !== null) dump.call(this);
  }
}

if (inherited?.get !== undefined && inherited.set !== undefined) {
  const { get, set } = inherited;
  Object.defineProperty(LeanRequest.prototype, 'headers', {
    configurable: true,
    set,
    get(this: LeanRequest) {
      return this.isHandedOver
        ? get.call(this)
        : { host: joinLines(this.rawHeaders, 'host'), expect: joinLines(this.rawHeaders, 'expect') };
    },
  });
}

/** `name` in lower case. Undefined where no line has it. */
function joinLines(rawHeaders: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const line = rawHeaders[i] as string;
    if (line.length !== name.length || line.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] as string;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}
