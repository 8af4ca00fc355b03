/** The page: a visitor in a shop, and beside it what the shop's trackers send and what of it arrives. */
import { Banner } from './banner.js';
import { find, readCookie, writeCookie } from './dom.js';
import { HitList } from './hit-list.js';
import { plantCookies, removeCookies, send, sendBasket, sendHit, sendPageView } from './trackers.js';

const country = find('country');
const gpc = find('gpc');
const offline = find('offline');
/** What the visitor did is told one after the other, so that each hit stands under its cause. */
let queue = Promise.resolve();
let basket = 0;
/** Which start of the demo the page belongs to. */
let knownRun = null;

const list = new HitList((hit) =>
  act(
    'You sent the same hit again',
    () => send({ url: hit.again.target, type: hit.again.contentType, body: hit.again.body }),
    true,
  ),
);
const banner = new Banner((said) => act(`${said}, and the page is counted again`, sendPageView));

/** @param {boolean} [opens] whether what comes of it is shown in full at once */
function act(label, deed, opens = false) {
  queue = queue.then(async () => {
    list.begin(label, opens);
    await deed();
    // The live list runs behind the answers by a moment.
    await new Promise((resolve) => setTimeout(resolve, 120));
  });
  return queue;
}

/** Keeps where the visitor is, for the part of the network in front that the demo's server plays. */
function saveVisitor() {
  writeCookie('demo-country', country.value, 30);
  if (navigator.globalPrivacyControl !== true) writeCookie('demo-gpc', gpc.checked ? '1' : '0', 30);
}

function restoreVisitor() {
  const saved = readCookie('demo-country');
  if ([...country.options].some((option) => option.value === saved)) country.value = saved;
  gpc.checked = readCookie('demo-gpc') === '1';
  if (navigator.globalPrivacyControl === true) {
    gpc.checked = true;
    gpc.disabled = true;
    find('gpc-note').textContent = '(your browser really sends Global Privacy Control)';
  }
  saveVisitor();
}

function arrive() {
  const place = country.selectedOptions[0]?.text ?? '';
  const signal = gpc.checked ? ', with Global Privacy Control' : '';
  return act(`A visitor from ${place} opens the shop${signal}`, async () => {
    await banner.refresh();
    await sendPageView();
  });
}

function onVisitorChange() {
  saveVisitor();
  arrive();
}

country.addEventListener('change', onVisitorChange);
gpc.addEventListener('change', onVisitorChange);

find('reset').addEventListener('click', async () => {
  await queue;
  await fetch('/demo/reset', { method: 'POST' });
  banner.forget();
  removeCookies();
  plantCookies();
  basket = 0;
  find('basket').textContent = '0';
  list.clear();
  arrive();
});

for (const button of document.querySelectorAll('[data-product]')) {
  const { product, price } = button.dataset;
  button.addEventListener('click', () => {
    basket++;
    find('basket').textContent = String(basket);
    act(`You put something into the basket: ${product}`, () => sendBasket(product, price));
  });
}

for (const button of document.querySelectorAll('[data-hit]')) {
  button.addEventListener('click', () => act(`You sent one hit: ${button.textContent}`, () => sendHit(button.dataset.hit), true));
}

const live = new EventSource('/demo/live');
live.addEventListener('all', (event) => {
  offline.hidden = true;
  const { run, received, hits } = JSON.parse(event.data);
  // The demo was started anew, with an empty store.
  if (knownRun !== null && run !== knownRun) return location.reload();
  knownRun = run;
  list.showAll(hits, received);
});
live.addEventListener('hit', (event) => {
  const { received, hit } = JSON.parse(event.data);
  list.show(hit, received);
});
live.addEventListener('cleared', () => list.clear());
live.addEventListener('error', () => {
  offline.hidden = false;
});

restoreVisitor();
plantCookies();
live.addEventListener('all', () => arrive(), { once: true });
