import { describe, expect, it } from 'vitest';
import { listFields } from '../../../src/demo/fields.ts';

function fieldsOf(target: string, headers: string[] = [], body: string | null = null): Record<string, string> {
  const request = { method: body === null ? 'GET' : 'POST', target, headers, body: body === null ? null : Buffer.from(body) };
  return Object.fromEntries(listFields(request).map(({ place, value }) => [place, value]));
}

describe('fields of a request', () => {
  it('names method, path, query fields, cookies and header lines', () => {
    expect(fieldsOf('/i?e=pv&url=a%20b', ['Host', 'x', 'Cookie', '_ga=1.2; flag', 'Accept', '*/*'])).toEqual({
      'request:method': 'GET',
      'request:path': '/i',
      'query:e': 'pv',
      'query:url': 'a b',
      'header:host': 'x',
      'cookie:_ga': '1.2',
      'cookie:flag': '',
      'header:accept': '*/*',
    });
  });

  it('leaves out the lines that every hop writes itself', () => {
    expect(Object.keys(fieldsOf('/i', ['Connection', 'keep-alive', 'Content-Length', '3']))).toEqual([
      'request:method',
      'request:path',
    ]);
  });

  it('takes addresses inside fields apart, two deep', () => {
    const inner = `https://b.example/?m=${encodeURIComponent('x@y.example')}`;
    const found = fieldsOf(`/i?dl=${encodeURIComponent(`https://a.example/p?gclid=1&to=${encodeURIComponent(inner)}`)}`);
    expect(found).toMatchObject({
      'query:dl': 'https://a.example/p',
      'query:dl?gclid': '1',
      'query:dl?to': 'https://b.example/',
      'query:dl?to?m': 'x@y.example',
    });
  });

  it('takes JSON apart, also in base64 and inside JSON', () => {
    const contexts = Buffer.from(JSON.stringify({ data: [{ id: 'page-1' }] })).toString('base64url');
    const found = fieldsOf(
      '/tp2',
      ['Content-Type', 'application/json'],
      JSON.stringify({ data: [{ e: 'pv', cx: contexts }], n: 1 }),
    );
    expect(found).toMatchObject({ 'body:data.0.e': 'pv', 'body:data.0.cx.data.0.id': 'page-1', 'body:n': '1' });
    expect(fieldsOf(`/i?cx=${contexts}`)).toMatchObject({ 'query:cx.data.0.id': 'page-1' });
  });

  it('reads the lines of a batch one by one, and a single form as it is', () => {
    expect(fieldsOf('/g/collect', ['Content-Type', 'text/plain'], 'en=view\r\nen=add')).toMatchObject({
      'body:line 1: en': 'view',
      'body:line 2: en': 'add',
    });
    expect(fieldsOf('/tr/', ['Content-Type', 'application/x-www-form-urlencoded'], 'id=1')).toMatchObject({ 'body:id': '1' });
  });

  it('gives fields of the same name different places', () => {
    expect(fieldsOf('/i?a=1&a=2')).toMatchObject({ 'query:a': '1', 'query:a (2)': '2' });
  });

  it('shows a body that it does not understand as text', () => {
    expect(fieldsOf('/x', ['Content-Type', 'application/json'], '{broken')).toMatchObject({ 'body:text': '{broken' });
  });

  it('ends at a depth instead of following nested data for ever', () => {
    const value = `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`;
    const [place] = Object.keys(fieldsOf('/x', ['Content-Type', 'application/json'], value)).filter((name) =>
      name.startsWith('body:'),
    );
    expect(place?.split('.').length).toBeLessThan(20);
  });
});
