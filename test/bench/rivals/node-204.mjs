/** node:http that reads the request and answers 204: what no Node program goes beyond. The third argument: how many processes. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

const [port, , workers = '1'] = process.argv.slice(2);

function serve(ready) {
  createServer((req, res) => {
    req.resume();
    res.writeHead(204).end();
  }).listen(Number(port), '127.0.0.1', ready);
}

const sayReady = () => console.log('ready');
if (workers === '1') serve(sayReady);
else if (cluster.isWorker) serve();
else {
  let listening = 0;
  cluster.on('listening', () => ++listening === Number(workers) && sayReady());
  for (let i = 0; i < Number(workers); i++) cluster.fork();
}
