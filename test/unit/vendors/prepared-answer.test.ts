import { describe, expect, it } from 'vitest';
import { PIXEL, prepareAnswer } from '../../../src/vendors/prepared-answer.ts';

describe('a prepared answer', () => {
  it('says how long its body is and that nobody may keep it', () => {
    const { status, lines, body } = prepareAnswer(200, 'text/plain', Buffer.from('läuft', 'utf8'));
    expect(status).toBe(200);
    expect(lines).toEqual(['Cache-Control', 'private, no-store', 'Content-Type', 'text/plain', 'Content-Length', '6']);
    expect(Buffer.from(body, 'latin1').toString('utf8')).toBe('läuft');
  });

  it('has neither body nor length where the status forbids them (RFC 9110 § 15.3.5)', () => {
    expect(prepareAnswer(204, null, Buffer.from('x'))).toMatchObject({
      status: 204,
      lines: ['Cache-Control', 'private, no-store'],
      body: '',
    });
  });

  it('is the same list for the pages of one origin, and nobody can change it', () => {
    const answer = prepareAnswer(204, null, Buffer.alloc(0));
    const lines = answer.linesFor('https://shop.example');
    expect(lines.slice(0, 2)).toEqual(['Access-Control-Allow-Origin', 'https://shop.example']);
    expect(lines.slice(-2)).toEqual(answer.lines);
    expect(answer.linesFor('https://shop.example')).toBe(lines);
    expect(Object.isFrozen(lines)).toBe(true);
    expect(answer.linesFor('https://other.example')[1]).toBe('https://other.example');
    expect(answer.linesFor('')).toEqual(answer.lines);
  });

  it('is a GIF of one transparent pixel in 43 bytes', () => {
    const { lines, body } = prepareAnswer(200, 'image/gif', PIXEL);
    expect(lines.slice(-2)).toEqual(['Content-Length', '43']);
    expect(body.startsWith('GIF89a\x01\0\x01\0')).toBe(true);
    // A graphic control extension whose transparent color is the first (GIF89a § 23), and the trailer.
    expect(body).toContain('!\xf9\x04\x01\0\0\0\0');
    expect(body.endsWith(';')).toBe(true);
  });
});
