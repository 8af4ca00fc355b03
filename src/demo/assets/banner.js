/** The shop's consent banner: vanilla-cookieconsent as it is. Consentry's adapter (`/consent/client.js`) posts what it is told. */
import { BANNER_WORDS, PURPOSES } from './banner-words.js';
import * as CookieConsent from './cookieconsent.js';
import { find, make } from './dom.js';

const WORDS = {
  granted: 'yes',
  denied: 'no',
  withdrawn: 'yes taken back',
  expired: 'yes, long ago',
  unknown: 'not said',
};
const SAID = { all: 'You accepted all', necessary: 'You rejected all', custom: 'You saved a choice' };
const MODELS = {
  'opt-in': 'Here a purpose needs a yes first',
  'opt-out': 'Here everything runs until somebody says no',
  none: 'Here nothing is asked',
};

/** @typedef {{state: Record<string, string>, policy: string, model: string, gpcHonored: string[], ask: string[]}} Consent */

export class Banner {
  /** @param {(said: string) => void} onAnswer called after an answer is stored. */
  constructor(onAnswer) {
    find('choices').addEventListener('click', () => CookieConsent.showPreferences());
    // The adapter's word that a decision is on record.
    addEventListener('consentry', async () => {
      await this.refresh();
      onAnswer(SAID[CookieConsent.getUserPreferences().acceptType] ?? 'You decided');
    });
  }

  /** Asks the gateway what it knows here, shows it, and shows the banner where there is something to ask. */
  async refresh() {
    const answer = await fetch('/consent', { headers: { Accept: 'application/json' } });
    /** @type {Consent} */
    const { state, model, policy, gpcHonored, ask } = await answer.json();
    const chip = (purpose, word) => make('li', { 'data-state': state[purpose] }, `${purpose} `, make('b', {}, word));
    find('known').replaceChildren(
      ...Object.keys(state).map((purpose) =>
        chip(purpose, gpcHonored.includes(purpose) ? 'no, says GPC' : (WORDS[state[purpose]] ?? state[purpose])),
      ),
    );
    find('rule').textContent = `${MODELS[model] ?? ''} (${policy.split('#')[0]})`;
    await runBanner(state, model, ask.length > 0);
  }

  /** The next visitor has not answered yet. */
  forget() {
    CookieConsent.reset(true);
  }
}

/** Sets the banner up for the law of the place: its package starts over for that. @param {boolean} asks whether there is something to ask */
async function runBanner(state, model, asks) {
  // An answer that the gateway does not take here is asked for anew.
  CookieConsent.reset(asks);
  // A ticked box is no consent (CJEU C-673/17); where silence is a yes, the boxes show how things stand.
  const isOn = (purpose) => state[purpose] === 'granted' || (model === 'opt-out' && state[purpose] === 'unknown');
  await CookieConsent.run({
    root: '#site',
    mode: model === 'opt-out' ? 'opt-out' : 'opt-in',
    autoShow: false,
    hideFromBots: false,
    guiOptions: { consentModal: { layout: 'bar', equalWeightButtons: true }, preferencesModal: { equalWeightButtons: true } },
    categories: {
      necessary: { enabled: true, readOnly: true },
      ...Object.fromEntries(PURPOSES.map((purpose) => [purpose, { enabled: isOn(purpose) }])),
    },
    language: { default: 'en', translations: { en: BANNER_WORDS } },
  });
  if (asks) CookieConsent.show(true);
}
