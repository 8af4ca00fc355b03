/** Exceptions of a koa application of ours, told from what happens to its visitors' connections. */
import type Koa from 'koa';

/**
 * Koa watches the connection until the answer has left, and reports a visitor who leaves in the middle of a body, or sends what is no HTTP,
 * in the same way as an exception. Neither is a bug, and anybody can do it as often as they like.
 */
export function reportFaults(app: Koa, fault: (error: unknown) => void): void {
  app.on('error', (error: unknown, ctx?: Koa.Context) => {
    if (ctx?.req.socket.errored !== error) fault(error);
  });
}
