import { describe, expect, it } from 'vitest';
import { RouteTable } from '../../../src/hit/route.ts';
import { fakeRoute } from '../../support/routes.ts';

const table = new RouteTable([
  fakeRoute({ path: '/collect' }),
  fakeRoute({ path: '/collect', host: 'other.example', label: 'of a host' }),
  fakeRoute({ path: '/t/', prefix: true }),
  fakeRoute({ path: '/t/deep/', prefix: true }),
  fakeRoute({ path: '/t/file.js', pass: true }),
]);
const found = (path: string, host = 'shop.example'): string | undefined => {
  const route = table.find(host, path);
  return route === null ? undefined : (route.label ?? route.pattern);
};

describe('RouteTable', () => {
  it.each([
    ['/collect', '/collect'],
    ['/collect;src=1', '/collect'],
    ['/collect/', undefined],
    ['/collector', undefined],
    ['/COLLECT', undefined],
    ['/t/a/b', '/t/*'],
    ['/t/deep/x', '/t/deep/*'],
    ['/t/;x=1', '/t/*'],
    ['/t', undefined],
    ['/t/file.js', '/t/file.js'],
    ['/', undefined],
  ])('%s → %s', (path, expected) => {
    expect(found(path)).toBe(expected);
  });

  it('prefers the route of the host', () => {
    expect(found('/collect', 'other.example')).toBe('of a host');
  });

  it.each(['/COLLECT', '/collect/', '/Collect;x', '/%63ollect', '/T/x', '/t', '/T/DEEP/', '/%2563ollect', '//collect'])(
    'knows %s for one that a lenient collector takes for guarded',
    (path) => {
      expect(table.isLookalike(path)).toBe(true);
    },
  );

  it.each(['/collect.', '/collect%20', '/collect%3Fa=1', '/collect%23', '/T. /x'])('knows %s too', (path) => {
    expect(table.isLookalike(path)).toBe(true);
  });

  it('knows a host in front of a guarded path by the target as it came', () => {
    expect(table.isLookalike('/x/collect', '//x/collect')).toBe(true);
    expect(table.isLookalike('/x/collect', '/x/collect')).toBe(false);
    expect(table.isLookalike('/x/y', '//x/y')).toBe(false);
  });

  it.each([
    ['/collect', true],
    ['/t/deep/a', true],
    ['/t/file.js', true],
    ['/collect/', false],
    ['/other', false],
  ])('%s belongs to a route of some host: %s', (path, expected) => {
    expect(table.hasPath(path)).toBe(expected);
  });

  it.each(['/', '/other', '/collector', '/a/collect'])('lets %s be what it is', (path) => {
    expect(table.isLookalike(path)).toBe(false);
  });

  it('finds a route among 10,000 as fast as among 10', () => {
    const many = new RouteTable(Array.from({ length: 10_000 }, (_, i) => fakeRoute({ path: `/r${i}/`, prefix: true })));
    expect(many.find('', '/r9999/a/b/c')?.pattern).toBe('/r9999/*');
    expect(many.isLookalike('/R9999/x')).toBe(true);
  });
});
