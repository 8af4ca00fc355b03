/** Every consent signal alone and every pair in conflict, through a running gateway, for a visitor in Germany and one in California. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { State } from '../../src/consent/state.ts';
import { decide, grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import type { Sent } from '../support/send.ts';
import { TC_DAY, writeTcString } from '../support/tc-string.ts';

/** What a signal says about a purpose to the policy of a place: yes, no, or nothing that is heard there. */
type Says = 'yes' | 'no' | '-';

interface Row {
  name: string;
  query?: string;
  headers?: [string, string][];
  cookie?: string;
  json?: unknown;
  record?: 'granted' | 'denied';
  /** [analytics, advertising] in Germany, then in California. */
  de: [Says, Says];
  ca: [Says, Says];
}

const ALL_PURPOSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const tcYes = writeTcString({ purposes: ALL_PURPOSES });
const tcNo = writeTcString({ purposes: [] });

const ROWS: Row[] = [
  { name: 'Sec-GPC: 1', headers: [['Sec-GPC', '1']], de: ['-', 'no'], ca: ['-', 'no'] },
  { name: 'Sec-GPC: 0', headers: [['Sec-GPC', '0']], de: ['-', '-'], ca: ['-', '-'] },
  { name: 'DNT: 1', headers: [['DNT', '1']], de: ['-', '-'], ca: ['-', '-'] },
  { name: 'TCF, every purpose', query: `gdpr=1&gdpr_consent=${tcYes}`, de: ['yes', 'yes'], ca: ['-', '-'] },
  { name: 'TCF, no purpose', query: `gdpr=1&gdpr_consent=${tcNo}`, de: ['no', 'no'], ca: ['-', '-'] },
  // Silence drops in Germany already: what cannot be read denies only where silence would be softer.
  { name: 'TCF, garbled', query: 'gdpr=1&gdpr_consent=CQgarbled', de: ['-', '-'], ca: ['-', '-'] },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a tag sends that nobody filled in
  { name: 'TCF, macro not expanded', query: 'gdpr=1&gdpr_consent=${GDPR_CONSENT_755}', de: ['-', '-'], ca: ['-', '-'] },
  { name: 'GPP usca, opted out', query: 'gpp=DBABBg~BVVVVVVY&gpp_sid=8', de: ['-', '-'], ca: ['-', 'no'] },
  { name: 'us_privacy 1YYN', query: 'us_privacy=1YYN', de: ['-', '-'], ca: ['-', 'no'] },
  { name: 'us_privacy 1YNN', query: 'us_privacy=1YNN', de: ['-', '-'], ca: ['-', '-'] },
  { name: 'Google Consent Mode, denied', query: 'gcs=G100&gcd=13p3p3p3p5', de: ['no', 'no'], ca: ['no', 'no'] },
  { name: 'Google Consent Mode, granted', query: 'gcs=G111&gcd=13r3r3r3r5', de: ['-', '-'], ca: ['-', '-'] },
  { name: 'Google npa=1', query: 'npa=1', de: ['-', 'no'], ca: ['-', 'no'] },
  { name: 'Meta limited data use', query: 'dpo=LDU&dpoco=0&dpost=0', de: ['-', 'no'], ca: ['-', 'no'] },
  { name: 'Microsoft asc=D', query: 'asc=D', de: ['-', 'no'], ca: ['-', 'no'] },
  { name: 'App tracking not allowed', query: 'lmt=1', de: ['-', 'no'], ca: ['-', 'no'] },
  { name: 'SP-Anonymous', headers: [['SP-Anonymous', '*']], de: ['no', 'no'], ca: ['no', 'no'] },
  {
    name: 'Segment, refused',
    json: { context: { consent: { categoryPreferences: { Advertising: false, Analytics: false } } } },
    de: ['no', 'no'],
    ca: ['no', 'no'],
  },
  {
    name: 'RudderStack, refused',
    json: { context: { consentManagement: { allowedConsentIds: ['Analytics'], deniedConsentIds: ['Advertising'] } } },
    de: ['-', 'no'],
    ca: ['-', 'no'],
  },
  {
    name: 'OneTrust cookie, refused',
    cookie:
      'OptanonConsent=interactionCount=1&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A0; OptanonAlertBoxClosed=2026-11-01T00:00:00.000Z',
    de: ['no', 'no'],
    ca: ['no', 'no'],
  },
  { name: 'record, yes', record: 'granted', de: ['yes', 'yes'], ca: ['yes', 'yes'] },
  { name: 'record, no', record: 'denied', de: ['no', 'no'], ca: ['no', 'no'] },
];

function combine(a: Says, b: Says): State {
  if (a === 'no' || b === 'no') return 'denied';
  return a === 'yes' || b === 'yes' ? 'granted' : 'unknown';
}

/** Sec-GPC against a recorded yes is the policy's `beats-record` to settle: no in Germany's file, yes in California's. */
function expected(place: 'de' | 'ca', a: Row, b: Row | null, purpose: 0 | 1): State {
  const rows = b === null ? [a] : [a, b];
  const gpcYields =
    place === 'de' && rows.some((row) => row.name === 'Sec-GPC: 1') && rows.some((row) => row.record === 'granted');
  const says = (row: Row): Says => (gpcYields && row.name === 'Sec-GPC: 1' ? '-' : row[place][purpose]);
  return combine(says(a), b === null ? '-' : says(b));
}

describe('consent signals through the gateway', () => {
  let test: TestGateway;
  const records: Record<'de' | 'ca', Record<'granted' | 'denied', string>> = {
    de: { granted: '', denied: '' },
    ca: { granted: '', denied: '' },
  };
  let states: [string, string] | null = null;

  beforeAll(async () => {
    test = await startGateway(
      {
        routes: [{ path: '/collect', purposes: ['analytics', 'advertising'] }],
        consent: { notices: { n: { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] } } },
      },
      {
        now: () => Date.parse(`${TC_DAY}T12:00:00Z`) + 3_600_000,
        witness: ({ judgement }) => {
          const stateOf = (index: number): string => {
            const state = judgement?.purposes[index]?.state ?? 'none';
            return state === 'withdrawn' ? 'denied' : state;
          };
          states = [stateOf(2), stateOf(4)];
        },
      },
    );
    for (const [place, where] of [
      ['de', { country: 'DE' }],
      ['ca', { country: 'US', region: 'CA' }],
    ] as const) {
      records[place].granted = await grantEverything(test, { ...where, notice: 'n' });
      // A refusal that is on record: of somebody who had agreed.
      const cookie = await grantEverything(test, { ...where, notice: 'n' });
      await decide(test, {
        ...where,
        purposes: { functional: false, analytics: false, personalization: false, advertising: false },
        action: 'reject_all',
        cookie,
      });
      records[place].denied = cookie;
    }
  });
  afterAll(() => test.close());

  async function judge(place: 'de' | 'ca', rows: Row[]): Promise<[string, string] | null> {
    // California remembers GPC with a known subject, which would speak in the cases that follow.
    if (place === 'ca' && rows.some((row) => row.record === 'granted'))
      records.ca.granted = await grantEverything(test, { country: 'US', region: 'CA', notice: 'n' });
    const cookies = rows.flatMap((row) => [
      ...(row.cookie === undefined ? [] : [row.cookie]),
      ...(row.record === undefined ? [] : [records[place][row.record]]),
    ]);
    const json = rows.find((row) => row.json !== undefined)?.json;
    const where: [string, string][] =
      place === 'de'
        ? [['x-test-country', 'DE']]
        : [
            ['x-test-country', 'US'],
            ['x-test-region', 'CA'],
          ];
    const query = rows.flatMap((row) => row.query ?? []).join('&');
    const sent: Sent = {
      method: json === undefined ? 'GET' : 'POST',
      target: query === '' ? '/collect' : `/collect?${query}`,
      headers: [
        ...where,
        ...rows.flatMap((row) => row.headers ?? []),
        ...(cookies.length === 0 ? [] : [['Cookie', cookies.join('; ')] as [string, string]]),
      ],
      body: json === undefined ? null : JSON.stringify(json),
    };
    states = null;
    await test.send(sent);
    return states;
  }

  describe.each(['de', 'ca'] as const)('in %s', (place) => {
    it.each(ROWS.map((row) => [row.name, row] as const))('%s alone', async (_name, row) => {
      expect(await judge(place, [row])).toEqual([expected(place, row, null, 0), expected(place, row, null, 1)]);
    });

    it('every pair: any denial in force beats any grant, in whatever order they come', async () => {
      const wrong: string[] = [];
      let count = 0;
      for (const [i, a] of ROWS.entries()) {
        for (const b of ROWS.slice(i + 1)) {
          // Two bodies, two records and the same field twice are no pair but another case.
          if ((a.json && b.json) || (a.record && b.record) || sameField(a, b)) continue;
          const want = [expected(place, a, b, 0), expected(place, a, b, 1)];
          const got = await judge(place, [a, b]);
          count++;
          if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push(`${a.name} + ${b.name}: ${got} instead of ${want}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(150);
    });
  });
});

function sameField(a: Row, b: Row): boolean {
  const names = (row: Row): string[] =>
    [
      ...(row.query ?? '').split('&').map((pair) => pair.split('=')[0] ?? ''),
      ...(row.headers ?? []).map(([name]) => name),
    ].filter(Boolean);
  return names(a).some((name) => names(b).includes(name));
}
