import { describe, expect, it } from 'vitest';
import { CARRIER_CLASSES, noteOf } from '../../../src/privacy/report.ts';

describe('noteOf', () => {
  it('says place, class and deed', () => {
    expect(noteOf('query:', 'gclid', 'click-id', 'stripped')).toEqual({
      place: 'query:gclid',
      class: 'click-id',
      deed: 'stripped',
    });
  });

  it('is one object for one thing that was done, and another for another', () => {
    const first = noteOf('query:', 'dl', 'url', 'cut');
    expect(noteOf('query:', 'dl', 'url', 'cut')).toBe(first);
    expect(noteOf('body:form:', 'dl', 'url', 'cut').place).toBe('body:form:dl');
    expect(noteOf('query:', 'dl', 'text', 'cut').class).toBe('text');
    expect(noteOf('query:', 'dl', 'url', 'stripped').deed).toBe('stripped');
    expect(noteOf('query:', 'dr', 'url', 'cut').place).toBe('query:dr');
  });

  it('says the same of more things than it keeps, and of names and places that are long', () => {
    const long = 'n'.repeat(200);
    for (let round = 0; round < 2; round++) {
      for (const carrier of CARRIER_CLASSES)
        expect(noteOf('cookie:', 'many', carrier, 'stripped')).toEqual({
          place: 'cookie:many',
          class: carrier,
          deed: 'stripped',
        });
      expect(noteOf('query:', long, 'text', 'cut').place).toBe('query:?');
      expect(noteOf(`query:${'a|'.repeat(50)}`, 'x', 'text', 'cut').place).toBe(`query:${'a|'.repeat(50)}x`);
    }
  });

  it.each(['anna@example.com', '4111111111111111', 'a b<c>', 'k'.repeat(121)])('does not repeat the name %s', (name) => {
    expect(noteOf('query:', name, 'undeclared', 'stripped').place).toBe('query:?');
  });
});
