/** Every reader against what a policy may let it do: who says what about which purpose, and what is never a yes. */
import { describe, expect, it } from 'vitest';
import { type Purpose, purposesIn } from '../../../src/consent/state.ts';
import { readSignals, type SignalSource } from '../../../src/signals/read.ts';
import { DEFAULT_SIGNAL_RULES } from '../../../src/signals/rules.ts';
import type { SignalName } from '../../../src/signals/signal.ts';
import { compileSignalOptions, DEFAULT_SIGNAL_OPTIONS, type SignalOptions } from '../../../src/signals/signal-options.ts';
import { TC_DAY, writeGppString, writeTcString } from '../../support/tc-string.ts';

const NOW = Date.parse(TC_DAY);
const EMPTY: SignalSource = { rawHeaders: [], query: '', cookie: '', body: null };

interface Said {
  readonly grants?: readonly Purpose[];
  readonly denies?: readonly Purpose[];
  readonly unreadable?: readonly Purpose[];
}

/** What all readings of a hit say together where every policy rule is at its default but may grant too. */
function listen(
  source: Partial<SignalSource>,
  options: SignalOptions = DEFAULT_SIGNAL_OPTIONS,
  mayGrant = true,
): Partial<Record<SignalName, Said>> {
  const said: Partial<Record<SignalName, Said>> = {};
  for (const reading of readSignals({ ...EMPTY, ...source }, options, NOW)) {
    const vote = reading.vote({ ...DEFAULT_SIGNAL_RULES[reading.signal], mayGrant }, { tcfVendor: null });
    const earlier = said[reading.signal];
    const join = (key: keyof Said) => [...new Set([...(earlier?.[key] ?? []), ...purposesIn(vote[key])])];
    said[reading.signal] = { grants: join('grants'), denies: join('denies'), unreadable: join('unreadable') };
  }
  return said;
}

const SALE: readonly Purpose[] = ['personalization', 'advertising'];
const TRACKING: readonly Purpose[] = ['analytics', 'personalization', 'advertising'];
const OPTIONAL: readonly Purpose[] = ['functional', 'analytics', 'personalization', 'advertising'];
const SILENT = { grants: [], denies: [], unreadable: [] };
const denies = (...purposes: readonly Purpose[]) => ({ grants: [], denies: purposes, unreadable: [] });
const grants = (...purposes: readonly Purpose[]) => ({ grants: purposes, denies: [], unreadable: [] });
const unreadable = (...purposes: readonly Purpose[]) => ({ grants: [], denies: [], unreadable: purposes });

/** One US section with these opt-outs (1), all else 2. */
const USCA_OPT_OUT = 'BVVVVVVY';
const USCA_NO_OPT_OUT = 'BVqqqqpY';
const GPP_OPT_OUT = writeGppString({ 8: USCA_OPT_OUT });
const GPP_NO_OPT_OUT = writeGppString({ 8: USCA_NO_OPT_OUT });

const json = (body: unknown) => Buffer.from(JSON.stringify(body));
const segment = (...preferences: (Record<string, boolean> | null)[]) =>
  json({
    batch: preferences.map((categoryPreferences) =>
      categoryPreferences === null ? {} : { context: { consent: { categoryPreferences } } },
    ),
  });
const rudder = (allowedConsentIds: string[], deniedConsentIds: string[]) =>
  json({ context: { consentManagement: { allowedConsentIds, deniedConsentIds } } });

type Row = readonly [name: string, source: Partial<SignalSource>, signal: SignalName, said: Said | undefined];

const HEADERS: readonly Row[] = [
  ['Sec-GPC: 1', { rawHeaders: ['Sec-GPC', '1'] }, 'gpc', denies(...SALE)],
  ['Sec-GPC in lower case, second of two lines', { rawHeaders: ['sec-gpc', '0', 'sec-gpc', '1'] }, 'gpc', denies(...SALE)],
  ['Sec-GPC joined by somebody', { rawHeaders: ['Sec-GPC', '0, 1'] }, 'gpc', denies(...SALE)],
  ['Sec-GPC: true', { rawHeaders: ['Sec-GPC', 'true'] }, 'gpc', undefined],
  ['DNT: 1', { rawHeaders: ['DNT', '1'] }, 'dnt', denies(...OPTIONAL)],
  ['DNT: 0', { rawHeaders: ['DNT', '0'] }, 'dnt', undefined],
  ['X-Do-Not-Track: 1', { rawHeaders: ['X-Do-Not-Track', '1'] }, 'dnt', denies(...OPTIONAL)],
  ['SP-Anonymous: *', { rawHeaders: ['SP-Anonymous', '*'] }, 'sp-anonymous', denies(...TRACKING)],
  ['SP-Anonymous without a value', { rawHeaders: ['sp-anonymous', ''] }, 'sp-anonymous', denies(...TRACKING)],
];

const US_STRINGS: readonly Row[] = [
  ['us_privacy opted out', { query: 'us_privacy=1YYN' }, 'us-privacy', denies(...SALE)],
  ['us_privacy not opted out is no consent', { query: 'us_privacy=1YNN' }, 'us-privacy', SILENT],
  ['us_privacy not applicable', { query: 'us_privacy=1---' }, 'us-privacy', SILENT],
  ['us_privacy in lower case', { query: 'us_privacy=1yyn' }, 'us-privacy', unreadable(...SALE)],
  ['us_privacy with an open answer', { query: 'us_privacy=1Y-N' }, 'us-privacy', unreadable(...SALE)],
  ['us_privacy twice', { query: 'us_privacy=1YNN&us_privacy=1YYN' }, 'us-privacy', denies(...SALE)],
  ['us_privacy twice, one broken', { query: 'us_privacy=1YNN&us_privacy=yes' }, 'us-privacy', unreadable(...SALE)],
  ['us_privacy under an encoded name', { query: 'us%5Fprivacy=1YYN' }, 'us-privacy', denies(...SALE)],
  ['us_privacy empty', { query: 'us_privacy=' }, 'us-privacy', undefined],
  ['us_privacy as a macro', { query: 'us_privacy=%%US_PRIVACY%%' }, 'us-privacy', undefined],
  ['us_privacy in a form', { body: Buffer.from('a=b&us_privacy=1YYN') }, 'us-privacy', denies(...SALE)],
  ['us_privacy in a line of a batch', { body: Buffer.from('en=a\r\nen=b&us_privacy=1YYN') }, 'us-privacy', denies(...SALE)],
  ['us_privacy in JSON', { body: json({ us_privacy: '1YYN' }) }, 'us-privacy', denies(...SALE)],
  [
    'us_privacy twice in JSON',
    { body: Buffer.from('{"us_privacy":"1YYN","us_privacy":"1YNN"}') },
    'us-privacy',
    unreadable(...SALE),
  ],
  ['the usprivacy cookie', { cookie: 'usprivacy=1YYN' }, 'us-privacy', denies(...SALE)],
  ['section 6 of a GPP string', { query: `gpp=${writeGppString({ 6: '1YYN' })}` }, 'us-privacy', denies(...SALE)],
  ['GPP opt-out', { query: `gpp=${GPP_OPT_OUT}&gpp_sid=8` }, 'gpp', denies(...SALE)],
  ['GPP opt-out with an empty gpp_sid', { query: `gpp=${GPP_OPT_OUT}&gpp_sid=` }, 'gpp', denies(...SALE)],
  ['GPP opt-out that gpp_sid does not name', { query: `gpp=${GPP_OPT_OUT}&gpp_sid=2` }, 'gpp', denies(...SALE)],
  ['GPP percent-encoded', { query: `gpp=${GPP_OPT_OUT.replace('~', '%7E')}` }, 'gpp', denies(...SALE)],
  ['GPP without opt-out is no consent', { query: `gpp=${GPP_NO_OPT_OUT}&gpp_sid=8` }, 'gpp', SILENT],
  ['GPP with GPC', { query: `gpp=${GPP_NO_OPT_OUT}.YA` }, 'gpp', denies(...SALE)],
  ['GPP broken', { query: 'gpp=DBABnope' }, 'gpp', unreadable(...SALE)],
  ['GPP holding a bare TC string', { query: `gpp=${writeTcString()}` }, 'gpp', unreadable(...SALE)],
  [
    'GPP with one broken section and an opt-out',
    { query: `gpp=${writeGppString({ 7: 'x', 8: USCA_OPT_OUT })}` },
    'gpp',
    denies(...SALE),
  ],
  ['GPP with one broken section', { query: `gpp=${writeGppString({ 7: 'x', 8: USCA_NO_OPT_OUT })}` }, 'gpp', unreadable(...SALE)],
  ['GPP without the section that gpp_sid names', { query: `gpp=${GPP_NO_OPT_OUT}&gpp_sid=7,8` }, 'gpp', unreadable(...SALE)],
  ['GPP with a section of tomorrow', { query: `gpp=${writeGppString({ 28: 'BAAA' })}` }, 'gpp', unreadable(...SALE)],
  ['GPP of Canada', { query: `gpp=${writeGppString({ 5: 'BAAA' })}` }, 'gpp', undefined],
  ['GPP twice', { query: `gpp=${GPP_NO_OPT_OUT}&gpp=${GPP_OPT_OUT}` }, 'gpp', denies(...SALE)],
];

const GOOGLE: readonly Row[] = [
  ['gcs denied', { query: 'gcs=G100' }, 'consent-mode', denies('analytics', 'advertising')],
  ['gcs granted: it knows too few types for advertising', { query: 'gcs=G111' }, 'consent-mode', grants('analytics')],
  ['gcs unset', { query: 'gcs=G1--' }, 'consent-mode', SILENT],
  ['gcs broken', { query: 'gcs=G2' }, 'consent-mode', unreadable(...OPTIONAL)],
  ['gcd granted by the person', { query: 'gcd=13r3r3r3r5' }, 'consent-mode', grants('analytics', 'advertising')],
  ['gcd granted by default is nobody’s choice', { query: 'gcd=13t3t3t3t5' }, 'consent-mode', SILENT],
  ['gcd denied by default', { query: 'gcd=13p3p3p3p5' }, 'consent-mode', denies('analytics', 'advertising')],
  [
    'gcd with one advertising type denied',
    { query: 'gcd=13r3r3q3r5' },
    'consent-mode',
    {
      grants: ['analytics'],
      denies: ['advertising'],
      unreadable: [],
    },
  ],
  ['gcd with GPC', { query: 'gcd=13r3r3r3rd' }, 'consent-mode', { grants: ['analytics'], denies: SALE, unreadable: [] }],
  [
    'gcs against gcd',
    { query: 'gcs=G101&gcd=13r3r3r3r5' },
    'consent-mode',
    { grants: ['analytics'], denies: ['advertising'], unreadable: [] },
  ],
  ['a broken gcd beside a granted gcs', { query: 'gcs=G111&gcd=1' }, 'consent-mode', unreadable(...OPTIONAL)],
  ['npa=1', { query: 'npa=1' }, 'consent-mode', denies('advertising')],
  ['npa=0', { query: 'npa=0' }, 'consent-mode', SILENT],
  ['rdp=1', { query: 'rdp=1' }, 'consent-mode', denies(...SALE)],
  ['ltd=1', { query: 'ltd=1' }, 'consent-mode', denies(...SALE)],
  ['dma without any service', { query: 'dma=1&dma_cps=-' }, 'consent-mode', denies('advertising')],
  ['dma with services', { query: 'dma=1&dma_cps=syphamo' }, 'consent-mode', SILENT],
  ['AC string with consents', { query: 'addtl_consent=2~1.35~dv.9' }, 'additional-consent', SILENT],
  ['AC string with none of those shown', { query: 'addtl_consent=2~~dv.9.21' }, 'additional-consent', denies(...SALE)],
  ['AC string broken', { query: 'addtl_consent=2~1' }, 'additional-consent', unreadable(...SALE)],
];

const VENDORS: readonly Row[] = [
  ['lmt=1', { query: 'lmt=1' }, 'att', denies(...SALE)],
  ['lmt=0', { query: 'lmt=0' }, 'att', undefined],
  ['atts=2', { query: 'atts=2' }, 'att', denies(...SALE)],
  ['atts=3', { query: 'atts=3' }, 'att', grants(...SALE)],
  ['atts=3 and lmt=1', { query: 'atts=3&lmt=1' }, 'att', denies(...SALE)],
  ['atts=9', { query: 'atts=9' }, 'att', unreadable(...SALE)],
  ['advertiser_tracking_enabled=0', { query: 'advertiser_tracking_enabled=0' }, 'att', denies(...SALE)],
  ['a zeroed IDFA', { query: 'idfa=00000000-0000-0000-0000-000000000000' }, 'att', denies(...SALE)],
  ['OpenRTB device', { body: json({ device: { ext: { atts: 2 } } }) }, 'att', denies(...SALE)],
  ['an old iPhone without identifier', { body: json({ device: { os: 'iOS', osv: '14.1', ifa: '' } }) }, 'att', denies(...SALE)],
  ['Meta LDU', { query: 'dpo=LDU&dpoco=0&dpost=0' }, 'ldu', denies(...SALE)],
  ['Meta LDU as a list', { query: 'dpo%5B%5D=LDU' }, 'ldu', denies(...SALE)],
  ['Meta without LDU', { query: 'dpo=&dpoco=0' }, 'ldu', undefined],
  ['Meta with another option', { query: 'dpo=XYZ' }, 'ldu', unreadable(...SALE)],
  ['Meta LDU of one of two events', { body: json({ data: [{}, { data_processing_options: ['LDU'] }] }) }, 'ldu', denies(...SALE)],
  ['Meta events without LDU', { body: json({ data: [{ data_processing_options: [] }] }) }, 'ldu', undefined],
  ['TikTok', { body: json({ data: [{ limited_data_use: true }] }) }, 'ldu', denies(...SALE)],
  ['TikTok without', { body: json({ data: [{ limited_data_use: false }] }) }, 'ldu', undefined],
  ['Microsoft denied', { query: 'asc=D' }, 'asc', denies(...SALE)],
  ['Microsoft granted', { query: 'asc=G' }, 'asc', grants(...SALE)],
  ['Microsoft both', { query: 'asc=G&asc=D' }, 'asc', denies(...SALE)],
  ['dnt=1', { query: 'dnt=1' }, 'dnt', denies(...OPTIONAL)],
];

const BODIES: readonly Row[] = [
  [
    'Segment',
    { body: segment({ Advertising: true, Analytics: false }) },
    'segment',
    {
      grants: ['advertising'],
      denies: ['analytics'],
      unreadable: [],
    },
  ],
  ['Segment with an empty object: everything refused', { body: segment({}) }, 'segment', denies(...OPTIONAL)],
  ['Segment without the object', { body: segment(null) }, 'segment', undefined],
  [
    'a batch grants what all events grant',
    { body: segment({ Analytics: true, Advertising: true }, { Analytics: true, Advertising: false }) },
    'segment',
    {
      grants: ['analytics'],
      denies: ['advertising'],
      unreadable: [],
    },
  ],
  ['an event without the object grants nothing', { body: segment({ Analytics: true }, null) }, 'segment', SILENT],
  [
    'a consent that is no boolean',
    { body: json({ context: { consent: { categoryPreferences: { Analytics: 'yes' } } } }) },
    'segment',
    unreadable(...OPTIONAL),
  ],
  [
    'broken JSON that speaks of consent',
    { body: Buffer.from('{"context":{"consent":{"categoryPreferences":{') },
    'segment',
    unreadable(...OPTIONAL),
  ],
  [
    'an object hidden behind a repeated key',
    {
      body: Buffer.from(
        '{"context":{"consent":{"categoryPreferences":{"Analytics":false}}},"context":{"consent":{"categoryPreferences":{"Analytics":true}}}}',
      ),
    },
    'segment',
    unreadable(...OPTIONAL),
  ],
  [
    'a batch with one object around it',
    {
      body: json({ context: { consent: { categoryPreferences: { Analytics: true } } }, batch: [{}, {}] }),
    },
    'segment',
    grants('analytics'),
  ],
  [
    'RudderStack',
    { body: rudder(['C0002'], ['C0004']) },
    'rudderstack',
    { grants: ['analytics'], denies: ['advertising'], unreadable: [] },
  ],
  ['RudderStack, one id in both', { body: rudder(['C0002'], ['C0002']) }, 'rudderstack', denies(...OPTIONAL)],
  ['RudderStack without ids', { body: rudder([], []) }, 'rudderstack', SILENT],
  ['RudderStack with foreign ids', { body: rudder(['cat-1'], []) }, 'rudderstack', SILENT],
  [
    'events a line',
    {
      body: Buffer.from([true, false].map((yes) => segment({ Analytics: yes }).toString()).join('\n')),
    },
    'segment',
    denies(...OPTIONAL),
  ],
];

describe.each([
  ['headers', HEADERS],
  ['US strings', US_STRINGS],
  ["Google's signals", GOOGLE],
  ["vendors' flags", VENDORS],
  ['bodies', BODIES],
])('%s', (_group, rows) => {
  it.each(rows)('%s', (_name, source, signal, said) => {
    expect(listen(source)[signal]).toEqual(said);
  });

  it('never raise what a policy lets them only lower', () => {
    for (const [name, source] of rows) {
      for (const said of Object.values(listen(source, DEFAULT_SIGNAL_OPTIONS, false))) expect(said.grants, name).toEqual([]);
    }
  });
});

describe('readSignals', () => {
  it('gives every hit without a signal the same empty list', () => {
    const plain = { ...EMPTY, rawHeaders: ['Host', 'a', 'Cookie', 'x=1'], query: 'v=2&en=page_view', cookie: 'x=1; _ga=GA1.1.2' };
    expect(readSignals(plain)).toBe(readSignals(EMPTY));
    expect(readSignals(plain)).toEqual([]);
  });

  it('reads a body only where it is given', () => {
    expect(listen({ body: null, query: 'a=1' })).toEqual({});
  });

  it('gives up on one entry of a batch raising the others', () => {
    expect(listen({ body: Buffer.from('gcs=G111&gcd=13r3r3r3r5') })['consent-mode']).toEqual(grants('analytics', 'advertising'));
    expect(listen({ body: Buffer.from('gcs=G111&gcd=13r3r3r3r5\nen=b') })['consent-mode']).toEqual(SILENT);
  });

  it('takes more different values of a parameter than an honest hit has for unreadable', () => {
    const strings = (count: number) => Array.from({ length: count }, (_, n) => `addtl_consent=2~${n}~dv`).join('&');
    expect(listen({ query: strings(16) })['additional-consent']).toEqual(SILENT);
    expect(listen({ query: strings(17) })['additional-consent']).toEqual(unreadable(...SALE));
    expect(listen({ query: Array(100).fill('addtl_consent=2~1~dv').join('&') })['additional-consent']).toEqual(SILENT);
  });

  it('names field and class of value, and never the string', () => {
    const query = `us_privacy=1YYN&gpp=${GPP_OPT_OUT}&gdpr_consent=${writeTcString({ purposes: [1] })}&gcs=G100`;
    const readings = readSignals(
      { ...EMPTY, rawHeaders: ['Sec-GPC', '1'], query, cookie: 'OptanonConsent=groups=C0002:0' },
      DEFAULT_SIGNAL_OPTIONS,
      NOW,
    );
    expect(readings.map(({ signal, field, said }) => [signal, field, said])).toEqual([
      ['gpc', 'header:sec-gpc', '1'],
      ['tcf', 'query:gdpr_consent', 'valid'],
      ['gpp', 'query:gpp', 'usca SaleOptOut=1'],
      ['us-privacy', 'query:us_privacy', 'opt-out'],
      ['consent-mode', 'query:gcs', 'ad_storage denied, analytics_storage denied'],
      ['cmp-cookies', 'cookie:OptanonConsent', 'no choice made'],
    ]);
  });

  it('hears only the sections that a rule names, and GPC in any', () => {
    const vote = (gpp: string, sections: string[]) => {
      const [reading] = readSignals({ ...EMPTY, query: `gpp=${gpp}` }, DEFAULT_SIGNAL_OPTIONS, NOW);
      return reading?.vote({ ...DEFAULT_SIGNAL_RULES.gpp, sections }, { tcfVendor: null });
    };
    const silent = { grants: 0, denies: 0, unreadable: 0 };
    expect(vote(GPP_OPT_OUT, ['usnat'])).toEqual(silent);
    expect(vote(GPP_OPT_OUT, ['usnat', 'usca'])?.denies).not.toBe(0);
    expect(vote(`${GPP_NO_OPT_OUT}.YA`, ['usnat'])?.denies).not.toBe(0);
    expect(vote(writeGppString({ 8: 'x' }), ['usnat'])).toEqual(silent);
    expect(vote(writeGppString({ 28: 'x' }), ['usnat'])).toEqual(silent);
  });

  it('asks the fields that a rule names, and takes the illegal value 3 for an opt-out', () => {
    const vote = (section: string, denyWhen: string[]) => {
      const [reading] = readSignals({ ...EMPTY, query: `gpp=${writeGppString({ 8: section })}` }, DEFAULT_SIGNAL_OPTIONS, NOW);
      return reading?.vote({ ...DEFAULT_SIGNAL_RULES.gpp, denyWhen }, { tcfVendor: null }).denies;
    };
    expect(vote('BVoYYZoI', ['SaleOptOut', 'SharingOptOut'])).toBe(0);
    expect(vote('BVoYYZoI', ['KnownChildSensitiveDataConsents'])).not.toBe(0);
    // Six bits of version, three notices, then SaleOptOut: 11.
    expect(vote('BVwAAAAA', ['SaleOptOut'])).not.toBe(0);
  });
});

describe('compileSignalOptions', () => {
  it('takes the list of CMPs in the form in which it is published', () => {
    const cmps = {
      31: { id: 31, name: 'One' },
      32: { id: 32, deletedDate: '2026-01-01T00:00:00Z' },
      33: { deletedDate: 'soon' },
    };
    const compiled = compileSignalOptions({ cmpList: { lastUpdated: '2026-10-01', cmps } });
    if (!compiled.ok) throw new Error(compiled.problem);
    const said = (cmpId: number) =>
      readSignals({ ...EMPTY, query: `gdpr_consent=${writeTcString({ cmpId })}` }, compiled.options, NOW)[0]?.said;
    expect([31, 32, 33, 34].map(said)).toEqual(['valid', 'void: cmp-deleted', 'void: cmp-deleted', 'void: cmp-unknown']);
  });

  it('maps categories and cookie names of the site', () => {
    const compiled = compileSignalOptions({
      categories: { stats: 'analytics' },
      cmpCookies: { my_banner: 'klaro', klaro: null },
    });
    if (!compiled.ok) throw new Error(compiled.problem);
    const cookie = (name: string) => `${name}=${encodeURIComponent('{"stats":true,"chat":true}')}`;
    expect(listen({ cookie: cookie('my_banner') }, compiled.options)['cmp-cookies']).toEqual(grants('analytics'));
    expect(listen({ cookie: cookie('klaro') }, compiled.options)).toEqual({});
    expect(listen({ cookie: cookie('my_banner') })).toEqual({});
  });

  it.each([
    [{ categories: { stats: 'statistics' } }, 'stats is mapped to statistics'],
    [{ cmpCookies: { banner: 'mybanner' } }, 'write one of onetrust'],
    [{ cmpList: [] }, 'cmp-list'],
    [{ cmpList: { cmps: { x: {} } } }, 'cmp-list'],
    [{ gvl: { vendors: [] } }, 'gvl'],
  ])('refuses %j', (settings, problem) => {
    const compiled = compileSignalOptions(settings as never);
    expect(compiled).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});
