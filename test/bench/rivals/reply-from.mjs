import replyFrom from '@fastify/reply-from';
import Fastify from 'fastify';

const [port, base] = process.argv.slice(2);
const app = Fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
await app.register(replyFrom, { base, undici: { connections: 256, pipelining: 1 } });
app.all('/*', (request, reply) => reply.from(request.url));
await app.listen({ port: Number(port), host: '127.0.0.1' });
console.log('ready');
