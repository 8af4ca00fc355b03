import { describe, expect, it } from 'vitest';
import { type Purpose, purposesIn } from '../../../src/consent/state.ts';
import { readSignals } from '../../../src/signals/read.ts';
import { DEFAULT_SIGNAL_RULES } from '../../../src/signals/rules.ts';
import type { SignalContext, SignalReading, SignalRule } from '../../../src/signals/signal.ts';
import { compileSignalOptions, DEFAULT_SIGNAL_OPTIONS, type SignalOptions } from '../../../src/signals/signal-options.ts';
import { TC_DAY, writeGppString, writeTcString } from '../../support/tc-string.ts';

const NOW = Date.parse(TC_DAY);
const RULE: SignalRule = { ...DEFAULT_SIGNAL_RULES.tcf, mayGrant: true };
const ALL = [1, 3, 4, 5, 6, 7, 8];
const ANALYTICS = [1, 8];

interface Asked {
  readonly cookie?: string;
  readonly options?: SignalOptions;
  readonly rule?: SignalRule;
  readonly context?: Partial<SignalContext>;
  readonly now?: number | null;
}

function readTcf(query: string, asked: Asked = {}): SignalReading | undefined {
  const source = { rawHeaders: [], query, cookie: asked.cookie ?? '', body: null };
  const now = asked.now === undefined ? NOW : asked.now;
  return readSignals(source, asked.options ?? DEFAULT_SIGNAL_OPTIONS, now).find(({ signal }) => signal === 'tcf');
}

function ask(query: string, asked: Asked = {}): { grants: Purpose[]; denies: Purpose[]; unreadable: Purpose[] } {
  const reading = readTcf(query, asked);
  if (reading === undefined) throw new Error('no TC string was read');
  const vote = reading.vote(asked.rule ?? RULE, { tcfVendor: null, ...asked.context });
  return { grants: purposesIn(vote.grants), denies: purposesIn(vote.denies), unreadable: purposesIn(vote.unreadable) };
}

const OPTIONAL: Purpose[] = ['functional', 'analytics', 'personalization', 'advertising'];
const SILENCE = { grants: [], denies: [], unreadable: [] };

describe('what a TC string says', () => {
  it('grants the purposes whose needs are all consented to, and denies the others', () => {
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ANALYTICS })}`)).toEqual({
      grants: ['functional', 'analytics'],
      denies: ['personalization', 'advertising'],
      unreadable: [],
    });
  });

  it('grants nothing where the policy lets it only deny', () => {
    const rule = DEFAULT_SIGNAL_RULES.tcf;
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ANALYTICS })}`, { rule })).toMatchObject({
      grants: [],
      denies: ['personalization', 'advertising'],
    });
  });

  it('is silent about a purpose that needs nothing: every string would grant that', () => {
    const rule: SignalRule = { ...RULE, needs: { analytics: [] } };
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ALL })}`, { rule })).toEqual(SILENCE);
  });

  it.each([
    ['expired', { lastUpdated: '2025-01-01', policyVersion: 5 }],
    ['of a global scope', { isServiceSpecific: false }],
    ['without disclosed vendors', { disclosed: null }],
    ['from the future', { lastUpdated: '2027-01-01' }],
  ])('keeps the noes and loses the yeses of a string that is %s', (_name, parts) => {
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ANALYTICS, ...parts })}`)).toEqual({
      grants: [],
      denies: ['personalization', 'advertising'],
      unreadable: [],
    });
  });

  it('grants nothing where nobody knows the time', () => {
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ALL })}`, { now: null }).grants).toEqual([]);
  });

  it('takes purpose 1 for refused where it was not disclosed', () => {
    expect(ask(`gdpr=1&gdpr_consent=${writeTcString({ purposes: ALL, purposeOneTreatment: true })}`).denies).toEqual(OPTIONAL);
  });

  it('votes unreadable for a broken string, and names the reason', () => {
    const query = 'gdpr=1&gdpr_consent=CPnope';
    expect(ask(query)).toEqual({ grants: [], denies: [], unreadable: OPTIONAL });
    expect(readTcf(query)?.said).toBe('unreadable: truncated');
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a macro as ad servers write it
  it.each(['', '${GDPR_CONSENT_755}', '%%GDPR_CONSENT%%', '%24%7BGDPR_CONSENT_755%7D', '{{consent}}', '[GDPR_CONSENT]'])(
    'takes %j for absent',
    (value) => {
      expect(readTcf(`gdpr=1&gdpr_consent=${value}`)).toBeUndefined();
    },
  );

  it('says what of the device may not be used', () => {
    const both = readTcf(`gdpr=1&gdpr_consent=${writeTcString({ specialFeatures: [1, 2] })}`);
    const one = readTcf(`gdpr=1&gdpr_consent=${writeTcString({ specialFeatures: [2] })}`);
    const expired = readTcf(`gdpr=1&gdpr_consent=${writeTcString({ specialFeatures: [1, 2], lastUpdated: '2025-01-01' })}`);
    expect([both, one, expired].map((reading) => reading?.forbids)).toEqual([
      { preciseLocation: false, deviceScan: false },
      { preciseLocation: true, deviceScan: false },
      { preciseLocation: true, deviceScan: true },
    ]);
  });
});

describe('whether the GDPR applies', () => {
  const yes = writeTcString({ purposes: ALL });
  const no = writeTcString({ purposes: [] });
  it.each([
    ['gdpr=1', `gdpr=1&gdpr_consent=${yes}`, OPTIONAL],
    ['nothing said: the policy that hears TC strings decides', `gdpr_consent=${yes}`, OPTIONAL],
    ['an unexpanded macro', `gdpr=\${GDPR}&gdpr_consent=${yes}`, OPTIONAL],
    ['gdpr=0', `gdpr=0&gdpr_consent=${yes}`, []],
    ['gdpr=0 and gdpr=1', `gdpr=0&gdpr=1&gdpr_consent=${yes}`, []],
    ['gdpr=0 and gpp_sid=2', `gdpr=0&gpp_sid=2&gdpr_consent=${yes}`, []],
    ['an unknown value', `gdpr=2&gdpr_consent=${yes}`, []],
  ])('grants with %s', (_name, query, grants) => {
    expect(ask(query).grants).toEqual(grants);
  });

  it.each([
    ['gdpr=1', OPTIONAL],
    ['gdpr=0', []],
    ['gdpr=0&gdpr=1', OPTIONAL],
    ['gdpr=yes', OPTIONAL],
  ])('denies with %s', (gdpr, denies) => {
    expect(ask(`${gdpr}&gdpr_consent=${no}`).denies).toEqual(denies);
  });

  it('hears a broken string neither where the sender says that it does not apply', () => {
    expect(ask('gdpr=0&gdpr_consent=CPnope')).toEqual(SILENCE);
  });
});

describe('several TC strings', () => {
  const analytics = writeTcString({ purposes: ANALYTICS });
  const all = writeTcString({ purposes: ALL });

  it('grants what all of them grant', () => {
    const vote = ask(`gdpr=1&gdpr_consent=${all}&gdpr_consent=${analytics}`);
    expect(vote).toMatchObject({ grants: ['functional', 'analytics'], denies: ['personalization', 'advertising'] });
  });

  it('intersects the stand-alone string and section 2', () => {
    const gpp = writeGppString({ 2: analytics });
    expect(ask(`gdpr=1&gdpr_consent=${all}&gpp=${gpp}&gpp_sid=2`).grants).toEqual(['functional', 'analytics']);
    expect(ask(`gdpr=1&gdpr_consent=${analytics}&gpp=${writeGppString({ 2: all })}`).grants).toEqual(['functional', 'analytics']);
  });

  it('grants nothing where one of them is void or unreadable', () => {
    const old = writeTcString({ purposes: ALL, lastUpdated: '2025-01-01' });
    expect(ask(`gdpr=1&gdpr_consent=${all}&gdpr_consent=${old}`)).toEqual(SILENCE);
    expect(ask(`gdpr=1&gdpr_consent=${all}`, { cookie: 'euconsent-v2=CPnope' })).toMatchObject({
      grants: [],
      unreadable: OPTIONAL,
    });
  });

  it('lets section 2 grant where gpp_sid names it and only there', () => {
    const gpp = writeGppString({ 2: all });
    expect(ask(`gpp=${gpp}&gpp_sid=2`).grants).toEqual(OPTIONAL);
    for (const sid of ['', '&gpp_sid=', '&gpp_sid=7', '&gpp_sid=-1', '&gpp_sid=2&gpp_sid=7', '&gpp_sid=two']) {
      expect(ask(`gpp=${gpp}${sid}`), sid).toMatchObject({ grants: [], denies: [] });
    }
    expect(ask(`gpp=${writeGppString({ 2: writeTcString() })}`).denies).toEqual(OPTIONAL);
  });

  it('reads the cookie of a first-party collector', () => {
    expect(ask('', { cookie: `a=b; euconsent-v2=${analytics}; c=d` }).grants).toEqual(['functional', 'analytics']);
  });
});

describe('a route with a vendor', () => {
  const purposes = ANALYTICS;
  const needs = { analytics: ANALYTICS };
  const rule: SignalRule = { ...RULE, needs };
  const context = { tcfVendor: 755 };
  const askVendor = (text: string, options?: SignalOptions) =>
    ask(`gdpr=1&gdpr_consent=${text}`, { rule, context, ...(options === undefined ? {} : { options }) });
  const YES = { grants: ['analytics'], denies: [] };
  const NO = { grants: [], denies: ['analytics'] };
  const NEITHER = { grants: [], denies: [] };

  it('needs the vendor bit too', () => {
    expect(askVendor(writeTcString({ purposes, vendors: [755] }))).toMatchObject(YES);
    expect(askVendor(writeTcString({ purposes, vendors: [754] }))).toMatchObject(NO);
  });

  it('leaves the vendor bits alone where the policy does', () => {
    const text = writeTcString({ purposes, vendors: [] });
    expect(ask(`gdpr=1&gdpr_consent=${text}`, { context, rule: { ...rule, vendorConsent: false } })).toMatchObject(YES);
  });

  it('needs the vendor to have been disclosed', () => {
    expect(askVendor(writeTcString({ purposes, vendors: [755], disclosed: [3] }))).toMatchObject(NO);
  });

  it.each([
    [0, NO],
    [1, YES],
    [2, NO],
    [3, NO],
  ])('keeps a publisher restriction of type %i', (type, vote) => {
    const restrictions = [{ purpose: 8, type, vendors: [[700, 800]] as const }];
    expect(askVendor(writeTcString({ purposes, vendors: [755], restrictions }))).toMatchObject(vote);
  });

  it('keeps a restriction for other vendors and purposes out of it', () => {
    const restrictions = [
      { purpose: 8, type: 0, vendors: [[1, 754]] as const },
      { purpose: 9, type: 0, vendors: [[755, 755]] as const },
    ];
    expect(askVendor(writeTcString({ purposes, vendors: [755], restrictions }))).toMatchObject(YES);
  });

  describe('with a vendor list', () => {
    function optionsWith(vendor: Record<string, unknown>): SignalOptions {
      const compiled = compileSignalOptions({ gvl: { vendors: { 755: { purposes: [1], ...vendor } } } });
      if (!compiled.ok) throw new Error(compiled.problem);
      return compiled.options;
    }
    const interest = { purposes: [1], interests: [8], vendors: [755], vendorInterests: [755] };
    const onInterest = optionsWith({ legIntPurposes: [8] });
    const flexible = optionsWith({ legIntPurposes: [8], flexiblePurposes: [8] });
    const onConsent = optionsWith({ purposes: [1, 8] });
    const restrict = (type: number) => [{ purpose: 8, type, vendors: [[755, 755]] as const }];

    it('takes an interest that nobody opposed for neither a yes nor a no', () => {
      expect(askVendor(writeTcString(interest), onInterest)).toMatchObject(NEITHER);
      expect(askVendor(writeTcString(interest))).toMatchObject(NO);
    });

    it('takes an objection for a no', () => {
      expect(askVendor(writeTcString({ ...interest, interests: [] }), onInterest)).toMatchObject(NO);
      expect(askVendor(writeTcString({ ...interest, vendorInterests: [] }), onInterest)).toMatchObject(NO);
    });

    it('takes a purpose or a vendor that is not in the list for a no', () => {
      expect(askVendor(writeTcString({ purposes, vendors: [755] }), optionsWith({}))).toMatchObject(NO);
      expect(
        askVendor(writeTcString({ purposes, vendors: [755] }), optionsWith({ purposes: [1, 8], deletedDate: '2025-01-01' })),
      ).toMatchObject(NO);
    });

    it('lets a restriction to consent bind a flexible vendor and stop another one', () => {
      const parts = { ...interest, purposes, restrictions: restrict(1) };
      expect(askVendor(writeTcString(parts), flexible)).toMatchObject(YES);
      expect(askVendor(writeTcString(parts), onInterest)).toMatchObject(NO);
    });

    it('lets a restriction to interest stop a vendor on consent', () => {
      expect(askVendor(writeTcString({ purposes, vendors: [755], restrictions: restrict(2) }), onConsent)).toMatchObject(NO);
    });
  });
});

describe("the publisher's own collector", () => {
  it('is answered by publisherTC where that is there', () => {
    const text = writeTcString({ purposes: [], publisher: ANALYTICS });
    const rule: SignalRule = { ...RULE, needs: { analytics: ANALYTICS } };
    expect(ask(`gdpr_consent=${text}`, { rule, context: { isPublisher: true } }).grants).toEqual(['analytics']);
    expect(ask(`gdpr_consent=${text}`, { rule }).denies).toEqual(['analytics']);
  });
});
