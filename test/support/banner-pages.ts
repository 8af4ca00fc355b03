/** Pages with real banners on them, from the packages that are served under `/npm/`. */

const VANILLA = `<script src="/npm/vanilla-cookieconsent/dist/cookieconsent.umd.js"></script><script>
  const texts = { title: 'Cookies', acceptAllBtn: 'All', acceptNecessaryBtn: 'None', savePreferencesBtn: 'Save', showPreferencesBtn: 'More' };
  CookieConsent.run({
    hideFromBots: false,
    categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {} },
    language: { default: 'en', translations: { en: { consentModal: texts, preferencesModal: { ...texts, sections: [
      { title: 'Analytics', linkedCategory: 'analytics' }, { title: 'Marketing', linkedCategory: 'marketing' } ] } } } },
  });
</script>`;

const KLARO = `<script>window.klaroConfig = { version: 1, acceptAll: true, default: false, lang: 'en', services: [
    { name: 'matomo', title: 'Matomo', purposes: ['analytics'] }, { name: 'meta-pixel', title: 'Meta', purposes: ['marketing'] } ],
    translations: { en: { purposes: { analytics: { title: 'A' }, marketing: { title: 'M' } }, privacyPolicyUrl: '/privacy' } } };</script>
  <script defer src="/npm/klaro/dist/klaro.js" data-config="klaroConfig"></script>`;

const TARTEAUCITRON = `<script src="/npm/tarteaucitronjs/tarteaucitron.js"></script><script>
  tarteaucitron.user.matomoId = 1; tarteaucitron.user.matomoHost = '/'; tarteaucitron.user.facebookpixelId = '1'; tarteaucitron.user.gtagUa = 'G-1';
  tarteaucitron.init({ orientation: 'bottom', showAlertSmall: false, DenyAllCta: true, AcceptAllCta: true, highPrivacy: true });
  (tarteaucitron.job = tarteaucitron.job || []).push('matomo', 'gtag', 'facebookpixel');
</script>`;

/** Its services come one after the other; what is clicked before all of them are there, it applies to some. */
export const TARTEAUCITRON_IS_READY =
  "['matomo=true', 'gtag=wait', 'facebookpixel=wait'].every((service) => document.cookie.includes(service))";

/** Packages of modules, as they are: nothing is bundled. */
const MODULES = {
  c15t: '/npm/c15t/dist/index.js',
  '@c15t/schema/types': '/npm/@c15t/schema/dist/types.js',
  '@c15t/translations': '/npm/@c15t/translations/dist/index.js',
  'zustand/vanilla': '/npm/zustand/esm/vanilla.mjs',
  '@iabtechlabtcf/cmpapi': '/npm/@iabtechlabtcf/cmpapi/lib/mjs/index.js',
  '@iabtechlabtcf/core': '/npm/@iabtechlabtcf/core/lib/mjs/index.js',
  '@iabgpp/cmpapi': '/npm/@iabgpp/cmpapi/lib/mjs/index.js',
};
const runModule = (code: string) =>
  `<script type="importmap">${JSON.stringify({ imports: MODULES })}</script><script type="module">${code}</script>`;

/** Headless: what its buttons call is called. \`hosted\` in the address posts to a backend of its own. */
const C15T = runModule(`import { getOrCreateConsentRuntime } from 'c15t';
  const mode = location.search === '?hosted' ? { mode: 'hosted', backendURL: '/c15t-backend' } : { mode: 'offline' };
  const consentCategories = ['necessary', 'functionality', 'measurement', 'experience', 'marketing'];
  window.c15t = getOrCreateConsentRuntime({ ...mode, consentCategories }).consentStore;`);

/** The stub of the framework on the page, and a CMP of the framework's own library behind it. */
const TCF = `<script src="/npm/@iabtechlabtcf/stub/lib/stub.js"></script>${runModule(
  "import { CmpApi } from '@iabtechlabtcf/cmpapi'; window.cmp = new CmpApi(300, 1, true);",
)}`;

const GPP = runModule(`import { CmpApi } from '@iabgpp/cmpapi';
  window.cmp = new CmpApi(31, 1);
  cmp.setApplicableSections([8]);
  cmp.setFieldValue('usca', 'SaleOptOutNotice', 1);
  for (const field of ['SaleOptOut', 'SharingOptOut']) cmp.setFieldValue('usca', field, 2);
  cmp.setCmpStatus('loaded');
  cmp.setSignalStatus('ready');
  /** The order of calls of the library's README: sections change while the banner is open. */
  window.choose = (optOut) => {
    cmp.setSignalStatus('not ready');
    cmp.setCmpDisplayStatus('visible');
    for (const field of ['SaleOptOut', 'SharingOptOut']) cmp.setFieldValue('usca', field, optOut);
    cmp.fireSectionChange('usca');
    cmp.setCmpDisplayStatus('hidden');
    cmp.setSignalStatus('ready');
  };`);

export const BANNER_PAGES: Readonly<Record<string, string>> = {
  '/vanilla': VANILLA,
  '/klaro': KLARO,
  '/tarteaucitron': TARTEAUCITRON,
  '/c15t': C15T,
  '/tcf': TCF,
  '/gpp': GPP,
  '/plain': '',
};
