/** node:http that reads the request and answers 204: what no Node program goes beyond. */
import { createServer } from 'node:http';

const [port] = process.argv.slice(2);
createServer((req, res) => {
  req.resume();
  res.writeHead(204).end();
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
