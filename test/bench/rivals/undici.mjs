/** A bare proxy over undici dispatch that checks nothing. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [port, upstream] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 256, pipelining: 1 });

function relay(req, res, body) {
  pool.dispatch(
    {
      path: req.url,
      method: req.method,
      headers: req.rawHeaders.filter((_, i, all) => !/^(connection|content-length)$/i.test(all[i - (i % 2)])),
      body,
    },
    {
      onConnect() {},
      onHeaders(status, raw, resume) {
        if (status < 200) return true;
        const headers = [];
        for (let i = 0; i < raw.length; i += 2) {
          const name = raw[i].toString('latin1');
          if (!/^(connection|keep-alive|transfer-encoding)$/i.test(name)) headers.push(name, raw[i + 1].toString('latin1'));
        }
        res.writeHead(status, headers);
        res.on('drain', resume);
        return true;
      },
      onData: (chunk) => res.write(chunk),
      onComplete: () => res.end(),
      onError: () => (res.headersSent ? res.destroy() : res.writeHead(502).end()),
    },
  );
}

createServer((req, res) => {
  if (req.headers['content-length'] === undefined) return relay(req, res, null);
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => relay(req, res, Buffer.concat(chunks)));
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
