/** The machine's own speed, beside a long run: a server that does nothing but answer, in a process of its own. */
import { createServer } from 'node:http';

const server = createServer((req, res) => req.resume().on('end', () => res.writeHead(200, { 'Content-Length': '2' }).end('ok')));
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
