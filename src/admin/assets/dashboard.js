/** The dashboard: asks every five seconds, shows what it was told. */
import { ask, keepToken, keptToken, Unauthorized } from './ask.js';
import { showConsent, showHealth, showReasons, showShadow } from './counters.js';
import { find, letScroll } from './dom.js';
import { explain, groupMatrix, showMatrix, showRecent } from './policies.js';
import { showTiles, showTraffic } from './traffic.js';

const EVERY_MS = 5_000;

let overview = null;
let groups = null;
let revision = '';
let timer = 0;

const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

function redrawTraffic() {
  if (overview !== null) showTraffic(overview.history, chosen('by'), Number(chosen('range')));
}

async function refresh() {
  clearTimeout(timer);
  try {
    const [now, recent] = await Promise.all([ask('/admin/overview'), ask('/admin/decisions?limit=20')]);
    overview = now;
    if (now.revision !== revision) await showPolicies(now.revision);
    show(recent);
  } catch (error) {
    if (error instanceof Unauthorized) return signOut(error.message);
    say('lost', 'The gateway does not answer. Trying again.');
  }
  timer = setTimeout(refresh, document.hidden ? EVERY_MS * 6 : EVERY_MS);
}

async function showPolicies(next) {
  const [matrix, list] = await Promise.all([ask('/admin/policies/matrix'), ask('/admin/policies')]);
  groups = groupMatrix(matrix, list);
  revision = next;
  find('revision').textContent = next;
  showMatrix(groups, find('place').value);
}

function show(recent) {
  const { metrics, health, at, site } = overview;
  const isNew = find('board').hidden;
  find('sign-in').hidden = true;
  find('board').hidden = false;
  find('sign-out').hidden = false;
  find('site').textContent = site;
  showTiles(metrics);
  redrawTraffic();
  showReasons(metrics);
  showShadow(metrics);
  showConsent(metrics);
  showHealth(overview);
  showRecent(recent);
  letScroll();
  const isGood = health.ready && health.storeWritable;
  say(isGood ? 'good' : 'bad', `${isGood ? 'Serving' : 'Needs a look'}, as of ${at.slice(11, 19)} UTC`);
  if (isNew) find('main').focus({ preventScroll: true });
}

/** A status that changes every five seconds is not read out each time. */
function say(tone, text) {
  const status = find('status');
  status.setAttribute('aria-live', status.dataset.tone === tone ? 'off' : 'polite');
  status.dataset.tone = tone;
  status.textContent = text;
}

function signOut(why = '') {
  clearTimeout(timer);
  keepToken(null);
  overview = null;
  revision = '';
  find('board').hidden = true;
  find('sign-out').hidden = true;
  find('sign-in').hidden = false;
  find('sign-in-error').textContent = why;
  find('site').textContent = '';
  say('', '');
  find('token').value = '';
  find('token').focus();
}

find('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(find('token').value.trim());
  find('sign-in-error').textContent = '';
  void refresh();
});
find('sign-out').addEventListener('click', () => signOut());
find('by').addEventListener('change', redrawTraffic);
find('range').addEventListener('change', redrawTraffic);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawTraffic);
find('place').addEventListener('input', (event) => groups !== null && showMatrix(groups, event.target.value));
find('explain').addEventListener('submit', (event) => {
  event.preventDefault();
  void explain(event.target).then(letScroll);
});
document.addEventListener('visibilitychange', () => !document.hidden && keptToken() !== null && void refresh());

if (keptToken() !== null) void refresh();
