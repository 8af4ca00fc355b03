/**
 * Writes that wait for replicas, in groups: one WAIT answers for every write that went out before it on its connection
 * (WAIT in the Redis documentation), and holds up everything behind it. What comes meanwhile makes the next group.
 */
import type { RedisNode } from './link.ts';

export interface WriteReply {
  readonly answer: unknown;
  /** Replicas that have the write. */
  readonly replicas: number;
}

interface Pending {
  readonly args: readonly (string | Buffer)[];
  readonly needed: number;
  /** When whoever asked has stopped waiting, by the monotonic clock: sent after that, it would be a surprise. */
  readonly endsAt: number;
  readonly resolve: (reply: WriteReply) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupWriter {
  readonly #node: RedisNode;
  readonly #timeoutMs: number;
  #pending: Pending[] = [];
  #isUnderWay = false;

  constructor(node: RedisNode, timeoutMs: number) {
    this.#node = node;
    this.#timeoutMs = timeoutMs;
  }

  write(args: readonly (string | Buffer)[], needed: number, deadlineMs: number): Promise<WriteReply> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ args, needed, endsAt: performance.now() + deadlineMs, resolve, reject });
      if (!this.#isUnderWay) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#isUnderWay = true;
    // Writes of the same turn go together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const now = performance.now();
      const group = this.#pending.filter(({ endsAt }) => now < endsAt);
      this.#pending = [];
      if (group.length === 0) break;
      // All of them leave in one turn on one connection: a WAIT on another would count replicas for nothing.
      const replies = group.map(({ args }) => this.#node.sendCommand(args));
      const needed = Math.max(...group.map((pending) => pending.needed));
      const waited = this.#node.sendCommand(['WAIT', String(needed), String(this.#timeoutMs)]);
      const [reached, ...answers] = await Promise.allSettled([waited, ...replies]);
      for (const [index, { resolve, reject }] of group.entries()) {
        const answer = answers[index];
        if (answer?.status !== 'fulfilled') reject(answer?.reason);
        else if (reached.status !== 'fulfilled') reject(reached.reason);
        else resolve({ answer: answer.value, replicas: Number(reached.value) });
      }
    }
    this.#isUnderWay = false;
  }
}
