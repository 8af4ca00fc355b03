/** Consentry as the middleware of a koa collector, which answers by itself. With the configuration of the reverse proxy's run. */
import { createServer } from 'node:http';
import Koa from 'koa';
import { consentry } from '../../../dist/index.js';

const [port, , json] = process.argv.slice(2);
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const app = new Koa();
const guard = consentry(JSON.parse(json));
await guard.ready;
app.use(guard);
app.use((ctx) => {
  ctx.req.resume();
  ctx.set('Content-Type', 'image/gif');
  ctx.body = GIF;
});
const server = createServer(app.callback());
await guard.attach(server);
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
