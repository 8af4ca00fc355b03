/** The same koa collector without Consentry. */
import { createServer } from 'node:http';
import Koa from 'koa';

const [port] = process.argv.slice(2);
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const app = new Koa();
app.use((ctx) => {
  ctx.req.resume();
  ctx.set('Content-Type', 'image/gif');
  ctx.body = GIF;
});
createServer(app.callback()).listen(Number(port), '127.0.0.1', () => console.log('ready'));
