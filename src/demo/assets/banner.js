/** The shop's consent banner: asks where the gateway says that an answer would change something, and posts what was said. */
import { find, make } from './dom.js';

/** As the demo's configuration registers what the banner says. */
const NOTICE = { version: 'demo-1', language: 'en' };
const WORDS = {
  granted: 'yes',
  denied: 'no',
  withdrawn: 'yes taken back',
  expired: 'yes, long ago',
  unknown: 'not said',
};
const SAID = {
  reject_all: 'You rejected all',
  accept_all: 'You accepted all',
  save: 'You saved a choice',
  withdraw: 'You took your consent back',
};

/** @typedef {{state: Record<string, string>, policy: string, model: string, gpcHonored: string[], ask: string[]}} Consent */

export class Banner {
  #element = find('banner');
  #boxes = [...this.#element.querySelectorAll('input')];
  #error = find('banner-error');
  /** @type {Consent | null} */
  #consent = null;
  #onAnswer;

  /** @param {(said: string) => void} onAnswer called after an answer is stored. */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
    for (const button of this.#element.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#answer(button.dataset.answer));
    }
    find('choices').addEventListener('click', () => this.#open(true));
    this.#element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.#button('close').hidden) this.#close(true);
    });
  }

  /** Asks the gateway what it knows here, shows it, and shows the banner where there is something to ask. */
  async refresh() {
    const answer = await fetch('/consent', { headers: { Accept: 'application/json' } });
    /** @type {Consent} */
    const consent = await answer.json();
    this.#consent = consent;
    find('known').replaceChildren(...Object.entries(consent.state).map(([purpose, state]) => this.#chip(purpose, state)));
    find('rule').textContent = `${MODELS[consent.model] ?? ''} (${consent.policy.split('#')[0]})`;
    if (consent.ask.length > 0) this.#open(false);
    else this.#close(false);
  }

  #chip(purpose, state) {
    const byGpc = this.#consent?.gpcHonored.includes(purpose) ?? false;
    return make('li', { 'data-state': state }, `${purpose} `, make('b', {}, byGpc ? 'no, says GPC' : (WORDS[state] ?? state)));
  }

  #button(answer) {
    return this.#element.querySelector(`[data-answer=${answer}]`);
  }

  /** @param {boolean} asked whether the visitor asked for it: then it may be closed again, and gets the focus. */
  #open(asked) {
    const { state, model } = this.#consent ?? { state: {}, model: 'opt-in' };
    for (const box of this.#boxes) {
      // A ticked box is no consent (CJEU C-673/17); where silence is a yes, the boxes show how things stand.
      box.checked = state[box.value] === 'granted' || (model === 'opt-out' && state[box.value] === 'unknown');
    }
    this.#button('withdraw').hidden = !Object.values(state).includes('granted');
    this.#button('close').hidden = !asked;
    this.#error.textContent = '';
    this.#element.hidden = false;
    if (asked) find('banner-title').focus();
  }

  #close(giveBack) {
    this.#element.hidden = true;
    if (giveBack) find('choices').focus();
  }

  async #answer(action) {
    if (action === 'close') return this.#close(true);
    const answer = await this.#send(action).catch(() => null);
    if (answer === null || !answer.ok) {
      this.#error.textContent = 'Your answer could not be stored. Please try again.';
      return;
    }
    this.#close(true);
    await this.refresh();
    this.#onAnswer(SAID[action]);
  }

  #send(action) {
    if (action === 'withdraw') return fetch('/consent', { method: 'DELETE' });
    const purposes = Object.fromEntries(
      this.#boxes.map((box) => [box.value, action === 'accept_all' || (action === 'save' && box.checked)]),
    );
    return fetch('/consent', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ purposes, action, notice: NOTICE }),
    });
  }
}

const MODELS = {
  'opt-in': 'Here a purpose needs a yes first',
  'opt-out': 'Here everything runs until somebody says no',
  none: 'Here nothing is asked',
};
