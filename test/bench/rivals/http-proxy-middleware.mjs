import { Agent, createServer } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';

const [port, target] = process.argv.slice(2);
const middleware = createProxyMiddleware({ target, agent: new Agent({ keepAlive: true, maxSockets: 256 }), xfwd: true });
createServer((req, res) => middleware(req, res, () => res.writeHead(404).end())).listen(Number(port), '127.0.0.1', () =>
  console.log('ready'),
);
