/** The live list: what the visitor did, and under it the hits that it caused, the newest on top. */
import { find, make } from './dom.js';
import { describeHit } from './hit-detail.js';

const OUTCOMES = { forwarded: 'Forwarded', anonymized: 'Anonymized', dropped: 'Dropped', waiting: 'On its way' };

export class HitList {
  #steps = find('steps');
  #empty = find('empty');
  /** Hits and their elements by id. */
  #hits = new Map();
  #current = null;
  #onAgain;
  #telling = 0;

  /** @param {(hit: object) => void} onAgain */
  constructor(onAgain) {
    this.#onAgain = onAgain;
  }

  /** Hits from now on belong to what the visitor just did. @param {boolean} [opens] whether they are shown in full */
  begin(label, opens = false) {
    const hits = make('ul', { class: 'hits' });
    const step = make('li', { class: 'step' }, make('h3', {}, label), hits);
    this.#current = { hits, opens };
    this.#empty.hidden = true;
    this.#steps.prepend(step);
  }

  /** All that the server knows: after a reload, or when the connection came back. */
  showAll(hits, received) {
    const fresh = hits.filter((hit) => !this.#hits.has(hit.id));
    if (fresh.length > 0 && this.#current === null) this.begin('Earlier');
    for (const hit of hits) this.show(hit, received);
    this.#tell(received);
  }

  show(hit, received) {
    if (this.#current === null) this.begin('Elsewhere');
    const known = this.#hits.get(hit.id);
    if (known !== undefined) known.update(hit);
    else {
      const row = new HitRow(hit, () => this.#onAgain(this.#hits.get(hit.id)?.hit ?? hit));
      this.#hits.set(hit.id, row);
      this.#current.hits.append(row.element);
      if (this.#current.opens) row.toggle();
    }
    this.#tell(received);
  }

  clear() {
    this.#steps.replaceChildren();
    this.#hits.clear();
    this.#current = null;
    this.#empty.hidden = false;
    this.#tell(0);
  }

  /** One sentence for all that came at once. */
  #tell(received) {
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      const counts = { forwarded: 0, anonymized: 0, dropped: 0, waiting: 0 };
      for (const { hit } of this.#hits.values()) counts[hit.outcome]++;
      const parts = ['forwarded', 'anonymized', 'dropped'].map((outcome) =>
        make('span', { 'data-outcome': outcome }, make('b', {}, String(counts[outcome])), ` ${outcome}`),
      );
      find('tally').replaceChildren(
        ...parts,
        make('span', {}, `the collector counted ${received} ${received === 1 ? 'arrival' : 'arrivals'}`),
      );
    }, 150);
  }
}

class HitRow {
  hit;
  element;
  #button;
  #detail;
  #onAgain;

  constructor(hit, onAgain) {
    this.#onAgain = onAgain;
    this.#detail = make('div', { id: `hit-${hit.id}`, class: 'detail', hidden: true });
    this.#button = make('button', {
      type: 'button',
      class: 'lane',
      'aria-expanded': 'false',
      'aria-controls': `hit-${hit.id}`,
      onclick: () => this.toggle(),
    });
    this.element = make('li', { class: 'hit', 'data-id': hit.id }, this.#button, this.#detail);
    this.update(hit);
  }

  update(hit) {
    this.hit = hit;
    this.element.dataset.outcome = hit.outcome;
    this.#button.replaceChildren(
      make(
        'span',
        { class: 'from' },
        make('b', {}, hit.vendor),
        make('small', {}, [hit.event, `${hit.method} ${hit.path}`].filter((text) => text !== '').join(' · ')),
      ),
      make('span', { class: 'gate' }, make('span', { class: 'badge' }, OUTCOMES[hit.outcome])),
      make('span', { class: 'to' }, describeArrival(hit)),
      make('span', { class: 'summary' }, hit.summary),
    );
    if (!this.#detail.hidden) this.#fill();
  }

  toggle() {
    const open = this.#detail.hidden;
    this.#detail.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    if (open) this.#fill();
    else this.#detail.replaceChildren();
  }

  #fill() {
    this.#detail.replaceChildren(...describeHit(this.hit, this.#onAgain));
  }
}

function describeArrival(hit) {
  if (hit.outcome === 'dropped') return 'nothing';
  if (hit.outcome === 'waiting') return '…';
  if (hit.isSame) return 'the same, byte for byte';
  const sent = hit.rows.filter((row) => row.change !== 'added');
  const gone = sent.filter((row) => row.change === 'removed').length;
  const changed = sent.filter((row) => row.change === 'changed').length;
  return (
    [gone > 0 ? `${gone} fields fewer` : '', changed > 0 ? `${changed} changed` : ''].filter((text) => text !== '').join(', ') ||
    'the same fields'
  );
}
