import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { playEdge } from '../../../src/demo/edge.ts';

function request(...lines: string[]): IncomingMessage {
  const headers: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) headers[(lines[i] ?? '').toLowerCase()] = lines[i + 1] ?? '';
  return { rawHeaders: lines, headers } as unknown as IncomingMessage;
}

function linesOf(req: IncomingMessage, name: string): string[] {
  return req.rawHeaders.filter((_, i) => i % 2 === 1 && req.rawHeaders[i - 1]?.toLowerCase() === name);
}

describe('the network in front, as the demo plays it', () => {
  it('turns the page’s cookies into the place, an address and Sec-GPC, and keeps them to itself', () => {
    const req = request('Host', 'a', 'Cookie', '_ga=1; demo-country=US-CA; demo-gpc=1; consentry=x; demo-run=1');
    playEdge(req);
    expect(linesOf(req, 'cookie')).toEqual(['_ga=1; consentry=x']);
    expect(linesOf(req, 'x-demo-country')).toEqual(['US']);
    expect(linesOf(req, 'x-demo-region')).toEqual(['CA']);
    expect(linesOf(req, 'x-forwarded-for')).toEqual(['203.0.113.188']);
    expect(linesOf(req, 'sec-gpc')).toEqual(['1']);
    expect(req.headers).toMatchObject({ cookie: '_ga=1; consentry=x', 'x-demo-country': 'US', 'sec-gpc': '1' });
  });

  it('leaves no empty Cookie line behind', () => {
    const req = request('Cookie', 'demo-country=FR; demo-gpc=0');
    playEdge(req);
    expect(linesOf(req, 'cookie')).toEqual([]);
    expect(req.headers.cookie).toBeUndefined();
    expect(linesOf(req, 'sec-gpc')).toEqual([]);
  });

  it('takes no place and no address from the browser itself', () => {
    const req = request('X-Demo-Country', 'BR', 'X-Forwarded-For', '9.9.9.9', 'Forwarded', 'for=9.9.9.9', 'X-DEMO-REGION', 'SP');
    playEdge(req);
    expect(linesOf(req, 'x-demo-country')).toEqual(['DE']);
    expect(linesOf(req, 'x-demo-region')).toEqual(['BE']);
    expect(linesOf(req, 'x-forwarded-for')).toEqual(['203.0.113.7']);
    expect(linesOf(req, 'forwarded')).toEqual([]);
  });

  it('does not repeat a Sec-GPC that the browser really sends, and does not take it away', () => {
    const req = request('Sec-GPC', '1', 'Cookie', 'demo-gpc=1');
    playEdge(req);
    expect(linesOf(req, 'sec-gpc')).toEqual(['1']);
    const without = request('Sec-GPC', '1', 'Cookie', 'demo-gpc=0');
    playEdge(without);
    expect(linesOf(without, 'sec-gpc')).toEqual(['1']);
  });

  it('says that it does not know where an unknown place is', () => {
    const req = request('Cookie', 'demo-country=XX');
    playEdge(req);
    expect(linesOf(req, 'x-demo-country')).toEqual(['XX']);
    expect(linesOf(req, 'x-demo-region')).toEqual([]);
  });
});
