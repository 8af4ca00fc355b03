/*!
 * Consentry's banner adapter: finds the consent banner of the page, posts what the visitor decides, and every change of it.
 * <script src="https://gateway.example/consent/client.js" data-notice="2026-11" defer></script>
 * data-notice names the notice that the banner shows, as the gateway's configuration registers it: without, no yes counts in the EU.
 * consentry.get() → what is in force and what to ask · consentry.set({analytics: true}) · consentry.withdraw()
 */
(() => {
  const { src, dataset } = document.currentScript;
  const base = src.replace(/\/client\.js.*$/, '');
  const notice = dataset.notice && { version: dataset.notice, language: document.documentElement.lang || undefined };
  const COOKIES = 'OptanonConsent OptanonAlertBoxClosed CookieConsent cc_cookie klaro c15t cookieyes-consent tarteaucitron'.split(
    ' ',
  );
  const memory = {};
  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return memory[key];
    }
  };
  const keep = (key, value) => {
    memory[key] = value;
    try {
      localStorage.setItem(key, value);
    } catch {}
  };

  const call = async (method, body, key) => {
    const token = recall('consentry-token');
    const headers = {};
    if (token) headers['consentry-token'] = token;
    if (body) {
      headers['content-type'] = 'application/json';
      if (key) headers['idempotency-key'] = key;
    }
    const answer = await fetch(base, {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: 'include',
      keepalive: true,
    });
    const said = await answer.json();
    if (said.token) {
      consentry.token = said.token;
      keep('consentry-token', said.token);
    }
    if (!answer.ok) throw Object.assign(new Error(said.title), said);
    dispatchEvent(new CustomEvent('consentry', { detail: said }));
    return said;
  };

  // One after the other, as they were made. A decision goes out once more after a broken line; by its key it counts once.
  let last = Promise.resolve();
  const post = (body) => {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}-${Math.random()}`;
    const told = { notice, ...body };
    const send = () =>
      call('POST', told, key).catch((error) => {
        if (error.status && error.status < 500) throw error;
        return new Promise((resolve) => setTimeout(resolve, 2000)).then(() => call('POST', told, key));
      });
    last = last.then(send, send);
    return last;
  };

  const consentry = {
    token: recall('consentry-token'),
    get: () => call('GET'),
    set: (purposes, more) => post({ action: 'save', purposes, ...more }),
    withdraw: () => post({ action: 'withdraw' }),
  };
  window.consentry = consentry;

  // What a banner has said already is not said again on the next page: only its last words are kept, no id.
  const tell = (name, words, body) => {
    const known = `consentry-${name}`;
    if (recall(known) === words) return;
    const before = recall(known) ?? '';
    keep(known, words);
    post(body).catch(() => keep(known, before));
  };

  const readCookies = () => {
    const found = {};
    for (const pair of document.cookie.split('; ')) {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      if (COOKIES.includes(name)) found[name] = pair.slice(at + 1);
    }
    return found;
  };

  // The part that a decision changes: not an id, and no date but that of a decision asked for anew.
  const PRIVATE = /"?(consentI|i\.)\w+"?:[^,}]*|\b(?!consentT)\w*[sS]tamp"?:[^,}]*|expirationTime"?:\d+|utc:\d+/g;
  const words = ([name, value]) => {
    if (name === 'OptanonAlertBoxClosed') return name;
    const groups = value.match(/groups=[^&]*/);
    return `${name}=${groups ? groups[0] : value.replace(/%(22|2C|3A|7D|20)/gi, decodeURIComponent).replace(PRIVATE, '')}`;
  };

  const check = () => {
    const cookies = readCookies();
    if (Object.keys(cookies).length) tell('cookies', Object.entries(cookies).map(words).sort().join(), { cookies });
  };

  const listeners = {
    __tcfapi: (api) =>
      api('addEventListener', 2, (data, ok) => {
        if (!ok || data.eventStatus !== 'useractioncomplete') return;
        const { tcString, eventStatus, gdprApplies } = data;
        tell('tcf', tcString, { tcString, eventStatus, gdprApplies });
      }),
    __gpp(api) {
      // Sections change while the banner is open; what they come to is said once it is "ready" again.
      let isChanged;
      api('addEventListener', (event, ok) => {
        if (!ok) return;
        const { gppString, signalStatus } = event.pingData;
        isChanged ||= event.eventName === 'sectionChange';
        if (!isChanged || signalStatus === 'not ready') return;
        isChanged = false;
        tell('gpp', gppString, { gppString, signalStatus, action: 'save' });
      });
    },
  };
  // A banner may come long after the page.
  const listen = () => {
    for (const name of Object.keys(listeners)) {
      if (!window[name]) continue;
      listeners[name](window[name]);
      delete listeners[name];
    }
  };

  const soon = () => setTimeout(check, 50);
  for (const name of ['cc:onConsent', 'cc:onChange', 'CookiebotOnAccept', 'CookiebotOnDecline', 'OneTrustGroupsUpdated'])
    addEventListener(name, soon);
  document.addEventListener('tac.consent_updated', soon);
  document.addEventListener('click', soon);
  addEventListener('pagehide', check);
  const start = () => {
    check();
    listen();
  };
  if (document.readyState === 'complete') start();
  else addEventListener('load', start);
  setInterval(start, 2000);
})();
