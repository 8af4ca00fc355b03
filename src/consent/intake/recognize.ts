/** Bodies as banners produce them, told apart by members that no other has. */
import type { Purpose } from '../state.ts';
import { readC15t } from './c15t.ts';
import { readCookiebot } from './cookiebot.ts';
import { readBannerCookies } from './cookies.ts';
import { readGppData, readTcData } from './iab.ts';
import { readKlaro } from './klaro.ts';
import { readOneTrust } from './onetrust.ts';
import { readTarteaucitron } from './tarteaucitron.ts';
import type { BannerReader, Body, Told } from './told.ts';
import { readVanillaCookieConsent } from './vanilla-cookieconsent.ts';

const READERS: readonly BannerReader[] = [
  readBannerCookies,
  readVanillaCookieConsent,
  readKlaro,
  readTarteaucitron,
  readC15t,
  readOneTrust,
  readCookiebot,
  readGppData,
  readTcData,
];

/** What the body says, if it is one of a banner that is known; null otherwise. `site` maps the banner's own categories. */
export function recognizeBanner(body: Body, site: ReadonlyMap<string, Purpose>, now: number): Told | null {
  for (const read of READERS) {
    const told = read(body, site, now);
    if (told !== null) return told;
  }
  return null;
}
