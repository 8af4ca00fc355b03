/**
 * Names that tell what a value is, for fields that no profile declares. Names are facts, gathered from the vendors' own documentation and
 * tags: Google (gclid, dclid, gbraid, wbraid, srsltid, gclsrc, gad_*, _gl), Meta (fbclid), Microsoft (msclkid), TikTok (ttclid), X (twclid),
 * LinkedIn (li_fat_id), Pinterest (epik), Snap (ScCid, sc_click_id), Reddit (rdt_cid), Yandex (yclid, ysclid), Taboola (tblci),
 * Outbrain (dicbo), Quora (qclid), Criteo, impact.com (irclickid), Awin (awc), Adobe (s_cid, ef_id, s_kwcid, at_recipient_id), HubSpot (_hsenc, __hstc,
 * _hsmi, hsCtaTracking), Mailchimp (mc_eid, mc_cid), Marketo (mkt_tok), Klaviyo (_kx), Vero (vero_id), Omeda (oly_*_id), Drip (__s),
 * Wicked Reports (wickedid), Branch (_branch_match_id), Matomo (pk_vid, mtm_cid, pk_cid), Instagram (igshid, igsh), beehiiv (_bhlid), MailerLite
 * (ml_subscriber_hash), Salesforce (et_rid, sfmc_sub), Piwik PRO and others.
 */
import { remember } from './remember.ts';
import type { CarrierClass } from './report.ts';

const CLICK_IDS = new Set(
  (
    'gclid fbclid msclkid ttclid twclid dclid gbraid wbraid gclsrc srsltid gad_source gad_campaignid _gl gclgb gclaw gcldc gclgs gac ' +
    'li_fat_id li_giant epik sccid sc_click_id sclid u_sclid rdt_cid yclid ysclid tblci dicbo qclid irclickid ir_clickid irgwc awc s_cid ef_id s_kwcid ' +
    'at_recipient_id at_recipient_list _hsenc __hssc __hstc __hsfp _hsmi hsctatracking mc_eid mc_cid mkt_tok _kx vero_id vero_conv oly_enc_id oly_anon_id ' +
    '__s ss_email_id wickedid wickedsource _branch_match_id pk_vid mtm_cid pk_cid igshid igsh _bhlid ml_subscriber ml_subscriber_hash et_rid sfmc_sub ' +
    'fbc _fbc cto_bundle unicorn_click_id rb_clickid trackid cjevent cjdata clickref click_ref fb_action_ids fb_source bsft_clkid bsft_uid ' +
    'guccounter guce_referrer nb_klid phclid ko_click_id obclid ndclid adclid sznclid rtkcid ttd_click pins_campaign_id'
  ).split(' '),
);
const CLICK_ENDING = /(?:clid|clkid|click[_-]?id)$/;
/** A quick look whether a text can hold such a name at all. */
const CLICK_HINT =
  /cl(?:k)?id|click|braid|gclsrc|srsltid|gad_|_gl\b|gac\b|gcl[agd]|li_|epik|sccid|rdt_|tblci|dicbo|irgwc|\bawc|s_cid|ef_id|kwcid|at_recip|_hs|__h|hscta|mc_|mkt_|_kx|vero_|oly_|__s|ss_email|wicked|_branch|pk_|mtm_|igsh|_bhlid|ml_sub|et_rid|sfmc|fbc|cto_|track|cj|fb_|bsft|guc|klid|ttd_|pins_|rtkcid/i;

const WORDS: Readonly<Record<string, CarrierClass>> = {};
function define(carrier: CarrierClass, words: string): void {
  for (const word of words.split(' ')) (WORDS as Record<string, CarrierClass>)[word] = carrier;
}
define(
  'direct',
  'email mail emailaddress phone phonenumber mobile tel telephone msisdn fname lname firstname lastname fullname surname givenname familyname username ' +
    'login user uid userid customer customerid crm member memberid subscriber recipient contact dob birth birthday birthdate gender iban ssn passport ' +
    'password passwd pwd street address address1 address2 cardnumber loyalty em ph hem sha256 md5 sha1 hashed people person',
);
define(
  'online-id',
  'uuid guid cid clientid client vid visitor visitorid sid sess session sessionid phpsessid jsessionid token auth authorization jwt secret apikey cookie ' +
    'deviceid did fingerprint fp idfa idfv gaid adid maid advertising ifa aaid anonymous anonymousid anon distinct ga gid fbp muid puid tuid nuid duid identity identifier hash sig signature nonce otp ' +
    'access refresh bearer invite magic reset unsubscribe',
);
define('ip', 'ip ipaddress ipv4 ipv6 remoteaddr clientip xff');
define('geo', 'lat latitude lon lng long longitude zip zipcode postal postcode postalcode plz city geo location coords');

const BOUNDARY = /[^a-z0-9]+|(?<=[a-z])(?=[0-9]{3})/;
const CAMEL = /([a-z0-9])([A-Z])/g;

export function isClickIdName(name: string): boolean {
  const lower = name.toLowerCase();
  return CLICK_IDS.has(lower) || CLICK_ENDING.test(lower);
}

/** False where a text surely holds no name of a click id; cheap. */
export function mayNameClickId(text: string): boolean {
  return CLICK_HINT.test(text);
}

function classify(name: string): CarrierClass | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (isClickIdName(last) || isClickIdName(last.replace(/^[$_]?initial_/, ''))) return 'click-id';
  let found: CarrierClass | null = last.toLowerCase() === 'name' ? 'direct' : null;
  for (const word of last.replace(CAMEL, '$1 $2').toLowerCase().split(BOUNDARY)) {
    const carrier = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (carrier !== undefined && (found === null || carrier === 'direct')) found = carrier;
  }
  return found;
}

const MAX_NAME = 128;

/** Class of what a field of this name holds by all experience, or null where the name says nothing. */
export const classOfName = remember((name) => (name.length > MAX_NAME ? null : classify(name)), 4096, MAX_NAME);
