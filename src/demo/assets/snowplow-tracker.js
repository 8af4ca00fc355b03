/** Snowplow's own tracker (`@snowplow/browser-tracker`), as a shop sets it up: page views as pixels, events as JSON. */
import { CUSTOMER, MAIL, PAGE, REFERRER, TITLE } from './visit.js';

const tracker = window.snowplowBrowserTracking;
const PIXELS = ['pixels'];
const EVENTS = ['events'];
/** Called when the tracker has its answer, whatever it is. */
let answered = () => {};

for (const [names, eventMethod] of [
  [PIXELS, 'get'],
  [EVENTS, 'post'],
]) {
  tracker.newTracker(names[0], location.origin, {
    appId: 'halfmoon',
    platform: 'web',
    eventMethod,
    bufferSize: 1,
    discoverRootDomain: false,
    cookieSecure: false,
    contexts: { webPage: true, session: true, browser: true },
    retryFailedRequests: false,
    onRequestSuccess: () => answered(),
    onRequestFailure: () => answered(),
  });
}

/** The page plays another one, and knows who its visitor is. */
function describeVisit() {
  tracker.setCustomUrl(PAGE);
  tracker.setReferrerUrl(REFERRER);
  tracker.setUserId(MAIL);
}

function track(deed) {
  return new Promise((resolve) => {
    answered = resolve;
    describeVisit();
    deed();
  });
}

export function trackPageView() {
  return track(() => tracker.trackPageView({ title: TITLE }, PIXELS));
}

/** @param {string} product */
export function trackBasket(product) {
  return track(() => tracker.trackStructEvent({ category: 'basket', action: 'add', label: CUSTOMER, property: product }, EVENTS));
}

/** Another visitor, with ids of their own. */
export function forget() {
  tracker.clearUserData();
}
