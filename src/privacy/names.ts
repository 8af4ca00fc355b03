/**
 * Names that tell what a value is, for fields that no profile declares. Names are facts, gathered from the vendors' own documentation and
 * tags: Google (gclid, dclid, gbraid, wbraid, srsltid, _gl, _gcl_*, auid), Meta (fbclid, _fbc, _fbp, mibextid), Microsoft (msclkid,
 * _uetsid, _uetvid, MUID), TikTok (ttclid, _ttp), X (twclid), LinkedIn (li_fat_id), Pinterest (epik, _pin_unauth), Snap (ScCid,
 * sc_click_id, _scid), Reddit (rdt_cid, _rdt_uuid), Yandex (yclid, ysclid), Yahoo (vmcid), Taboola (tblci), Outbrain (dicbo), Quora
 * (qclid), Criteo, impact.com (irclickid), Awin (awc, zanpid), Tradedoubler (tduid), ShareASale (sscid), Rakuten (ranSiteID), Admitad
 * (admitad_uid), Adobe (ef_id, s_kwcid, at_recipient_id), HubSpot (_hsenc, __hstc, hsCtaTracking), Mailchimp (mc_eid), Marketo (mkt_tok),
 * Klaviyo (_kx, _ke, klaviyo_id), Oracle Eloqua (elq, elqTrackId), Listrak (trk_contact), Vero (vero_id), Omeda (oly_*_id), Drip (__s),
 * Wicked Reports (wickedid), Branch (_branch_match_id), Matomo (pk_vid), Instagram (igshid, igsh), beehiiv (_bhlid), MailerLite
 * (ml_subscriber_hash), Salesforce (et_rid, sfmc_sub), Kit (ck_subscriber_id), Dotdigital (dm_i), Emarsys (sc_uid, sc_eh, sc_llid),
 * ActiveCampaign (vgo_ee), Acoustic (spUserID), Keap (inf_contact_key), Sailthru (bxid), Customer.io (cio_id), Adjust (gps_adid), Piwik PRO and others; the advertising ids of Apple (IDFA) and Android (AAID, GAID), and those that Prebid
 * hands on (docs.prebid.org/dev-docs/modules/userId.html).
 */
import { remember } from './remember.ts';
import type { CarrierClass } from './report.ts';

/** Ids of clicks on advertisements and links, of recipients of mailings, and of browsers and devices for advertising. */
const CLICK_IDS = (
  'gclid fbclid msclkid ttclid twclid dclid gbraid wbraid srsltid _gl gclgb gclaw gcldc gclgs gclst gcllp gac ' +
  'li_fat_id li_giant epik sccid sc_click_id sclid u_sclid rdt_cid yclid ysclid tblci dicbo qclid irclickid ir_clickid irgwc awc ef_id s_kwcid ' +
  'at_recipient_id at_recipient_list _hsenc __hssc __hstc __hsfp hsctatracking mc_eid mkt_tok _kx vero_id vero_conv oly_enc_id oly_anon_id ' +
  '__s ss_email_id wickedid wickedsource _branch_match_id pk_vid igshid igsh _bhlid ml_subscriber ml_subscriber_hash et_rid sfmc_sub ' +
  'fbc cto_bundle unicorn_click_id rb_clickid trackid cjevent cjdata clickref click_ref fb_action_ids bsft_clkid bsft_uid ' +
  'guccounter guce_referrer nb_klid phclid ko_click_id obclid ndclid adclid sznclid rtkcid ttd_click pins_campaign_id ' +
  'tduid sscid ransiteid zanpid admitad_uid vmcid mibextid _ke klaviyo_id elq elqtrackid trk_contact ' +
  'ck_subscriber_id dm_i sc_uid sc_eh sc_llid vgo_ee spuserid inf_contact_key bxid cndid cio_id gps_adid ' +
  'fbp auid gcl_au gcl_aw gcl_dc gcl_gb gcl_gs gcl_ha gcl_gf gcl_ag ttp uetvid uetsid scid pin_unauth rdt_uuid muid ' +
  'idfa gaid adid aaid maid ifa advertisingid advertising_id appleidfa androididfa androidadid oaid rdid madid google_ad_id mobile_ad_id ' +
  'uid2 uid2_token euid euid_token id5id id5_id pubcid sharedid rampid ramp_id idl_env panorama_id panoramaid lotame_id tdid ttdid hadronid hadron_id ' +
  'zeotap_id zeotapid netid utiq criteo_id'
).split(' ');
const CLICK_ID_SET = new Set(CLICK_IDS);
/** Words that make any name that of such an id: `ios_idfa`, `fbp_cookie`, `gclidValue`. */
const CLICK_WORDS = new Set(
  'gclid fbclid msclkid ttclid twclid dclid gbraid wbraid idfa ifa gaid oaid rdid madid fbp fbc'.split(' '),
);
const ADVERTISING_ID = /advertising_?id/;
const CLICK_ENDING = /(?:clid|clkid|click[_-]?id)$/;
/** Which of several touches a name is of: `initial_gclid`, `$session_entry_gclid`, `gclid_first`. */
const TOUCH =
  /^[$_]*(?:session[_-]?entry|initial|first|last|latest|original|landing)[_-]?|[_-]?(?:initial|first|last|latest|original)$/g;
/** Marks before names of cookies and of properties that a tracker sets by itself: `_fbp`, `$fbc`. */
const MARKS = /^[$_]+/;
/** `gclid[]`, `ud[fbp]`, `ep.gclid`, `amp;gclid`, `gclid;x`, and spaces. */
const PARTS = /[[\];|,.\s]+/;
/** All that is looked for in a text, grouped by the first letter, which makes the pattern faster. */
function anyOf(names: readonly string[]): RegExp {
  const initials = [...new Set(names.map(([initial]) => initial as string))];
  const rests = (initial: string) => names.filter((name) => name[0] === initial).map((name) => name.slice(1));
  return new RegExp(initials.map((initial) => `${initial}(?:${rests(initial).join('|')})`).join('|'), 'i');
}
/** A quick look whether a text can hold such a name at all: one of them, or an ending. */
const CLICK_HINT = anyOf([
  ...CLICK_IDS.filter((name) => name !== 'ttp' && !CLICK_ENDING.test(name)),
  ...['clid', 'clkid', 'click[ _-]?id'],
]);
/** Not in `http`. */
const TTP_HINT = /(?:^|[^h])ttp/i;
/** A letter that is percent-encoded or escaped, which no browser does: a name that is hidden. */
const HIDDEN_LETTER = /%(?:25)*(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a])|\\u00[4-7]/i;

/**
 * Labels of campaigns and mailings, the same for all who click or receive: Google's gad_source and gad_campaignid, which are aggregate
 * (support.google.com/google-ads/answer/16193746), and gclsrc, which says what made the click id (support.google.com/searchads/answer/6292795);
 * Mailchimp's mc_cid and Matomo's mtm_cid and pk_cid (campaign), HubSpot's _hsmi (mailing), Adobe's s_cid (tracking code), Meta's fb_source.
 * GA4's screen_name is a screen of an app, its (ga_)session_number how many sessions
 * there were.
 */
const LABELS = new Set(
  'gad_source gad_campaignid gclsrc mc_cid mtm_cid pk_cid _hsmi s_cid fb_source screen_name session_number sessionnumber ga_session_number'.split(
    ' ',
  ),
);

const WORDS: Record<string, CarrierClass> = {};
function define(carrier: CarrierClass, words: string, endings = ''): void {
  for (const word of words.split(' ')) for (const ending of endings.split(' ')) WORDS[word + ending] = carrier;
}
/** What makes the name of a thing the name of its number: `cust_no`, `accountId`. */
const NUMBERS = 'id ids no nr num number nummer key ref code hash uid uuid guid';
// First those of one word or two; German, French, Spanish, Italian, Portuguese and Dutch follow English.
define(
  'direct',
  'email mail emailaddress phone phonenumber mobile tel telephone msisdn fname lname firstname lastname fullname surname givenname familyname username ' +
    'middlename maidenname legalname realname displayname nickname nick namefirst namelast uname usr buyername billingname shippingname holdername ' +
    'ownername contactname personname recipientname sendername visitorname shoppername loginname salutation ' +
    'login user uid userid customer customerid crm member memberid subscriber recipient contact dob birth birthday birthdate gender iban ssn passport ' +
    'password passwd pwd street housenumber houseno address address1 address2 cardnumber loyalty em ph hem sha256 md5 sha1 hashed people person sso ssoid ' +
    'licenseplate licenceplate numberplate pnr taxid taxno taxnumber',
);
define(
  'direct',
  'usr user enduser uid customer member cust account profile employee patient student buyer shopper',
  `${NUMBERS} name`,
);
define('direct', 'lead card insurance payback', NUMBERS);
// Meta's keys of a customer, as other vendors took them over.
define('direct', 'ud userdata', 'fn ln db ge');
define('geo', 'ud userdata', 'ct st zp');
define('direct', 'external ext unique internal foreign', 'id ids no nr num number key ref uid uuid guid');
// Of these a number may be a count, and a code or key the same for many.
define('direct', 'passenger traveller traveler attendee guest driver', 'id ids uid uuid guid name');
define('direct', 'participant applicant receiver reviewer prospect lead owner', 'name');
define('direct', 'participant applicant individual citizen voter taxpayer', 'id ids no nr number nummer uid');
define(
  'direct',
  'name cust buyer shopper student patient employee profile billing shipping guest passenger driver traveller',
  'first last',
);
define('direct', 'acct emp staff membership', 'id ids no nr number nummer uid name');
define('direct', 'device computer machine', 'name');
define('direct', 'household party national', 'id ids uid uuid guid');
define('direct', 'policy contract booking reservation ticket fax social flyer', 'no nr number nummer');
define('direct', 'booking reservation', 'ref reference code');
define('direct', 'apple google facebook fb twitter instagram linkedin whatsapp telegram skype okta cognito', 'id ids uid');
// A `handle` alone is also what shops call the name of a product in its address.
define('direct', 'social facebook twitter instagram linkedin whatsapp telegram skype', 'handle name number no');
define('direct', 'driver drivers', 'license licence');
define('direct', 'card account policy', 'holder');
define('direct', 'profile avatar', 'url image pic picture');
define('direct', 'vat', 'id no nr number');
// Numbers that states, health services and banks give to people, also as they are called in Portugal, Brazil, Spain and Latin America, Poland,
// the Nordic countries, Czechia, the Balkans, Turkey, India, South East Asia and the Gulf.
define(
  'direct',
  'socialsecurity nationalinsurance idcard healthcard medicare aadhaar aadhar pan nhs ahv insee cpr egn oib',
  NUMBERS,
);
define('direct', 'driving', 'license licence');
define('direct', 'license licence id resident citizen emirates creditcard cc ccard debitcard routing', 'no nr number');
define(
  'direct',
  'socialsecurity nationalinsurance nino idcard healthcard medicare aadhaar aadhar cnpj curp cuit cuil cedula insee ' +
    'residentid emiratesid iqama pesel personnummer henkilotunnus hetu kennitala fodselsnummer rodnecislo egn oib emso jmbg tckn tckimlikno ' +
    'nric hkid mykad ktp ccnum cvv cvc sortcode',
);
define(
  'direct',
  'participant applicant beneficiary payer payee assignee addr addr1 addr2 addressline addressline1 addressline2 streetname ' +
    'clientname mrn medicalrecord yob ssn4 bic nameoncard contractid gravatar frequentflyer',
);
define(
  'direct',
  'vorname nachname familienname zuname benutzername benutzer nutzername anrede kunde kundenname telefon telefonnummer telefonnr handy ' +
    'handynummer handynr mobilnummer rufnummer strasse hausnummer hausnr adresse anschrift geburtsdatum geburtstag geburtsjahr geschlecht kdnr ' +
    'mitglied konto kontonummer kontonr kartennummer kreditkarte passwort kennwort kennzeichen ' +
    'prenom nomfamille nomcomplet nomclient courriel rue naissance datenaissance sexe civilite mdp motdepasse identifiant numeroclient ' +
    'utilisateur abonne apellido apellidos nombrecompleto correo telefono movil direccion calle nacimiento fechanacimiento usuario contrasena cliente dni nif ' +
    'sexo cognome indirizzo cellulare nascita datanascita utente codicefiscale sesso sobrenome endereco cpf voornaam achternaam geboortedatum ' +
    'geburtsort geburtsname kontoinhaber karteninhaber versicherungsnehmer ansprechpartner svnr nomdefamille securitesociale nomecompleto ' +
    'nascimento datanascimento telefone celular straat huisnummer telefoon telefoonnummer klantnaam gebruikersnaam wachtwoord bsn',
);
// Polish, Czech, Slovak, Swedish, Norwegian, Danish, Finnish, Hungarian, Romanian, Turkish, Indonesian, Vietnamese and Russian.
define(
  'direct',
  'imie nazwisko imienazwisko numertelefonu adres adresa ulica dataurodzenia haslo jmeno prijmeni meno priezvisko ulice datumnarozeni heslo ' +
    'fornamn efternamn fornavn etternavn efternavn gatuadress gateadresse fodselsdato losenord passord epost ' +
    'etunimi sukunimi puhelin puhelinnumero sahkoposti syntymaaika osoite katuosoite keresztnev vezeteknev telefonszam ' +
    'prenume parola soyad soyadi soyisim adsoyad kimlik eposta sifre kullaniciadi dogumtarihi namalengkap nohp nomorhp alamat hoten sdt cccd ' +
    'familiya otchestvo fio',
);
define(
  'direct',
  'kunden mitglieds mitglied personal patienten versicherten steuer vertrags versicherungs policen matrikel ausweis personalausweis ' +
    'sozialversicherungs buchungs ticket tel fax festnetz klant klanten',
  'nummer nr id',
);
define(
  'online-id',
  'uuid guid cid clientid client vid visitor visitorid sid sess session sessionid phpsessid jsessionid token auth authorization jwt secret apikey cookie ' +
    'deviceid did fingerprint fp idfv advertising anonymous anonymousid anon distinct ga gid puid tuid nuid duid identity identifier hash sig signature nonce otp ' +
    'access refresh bearer invite magic reset unsubscribe imei imsi iccid meid ssaid openid unionid hubspotutk hutk macaddress ssid bssid deviceserial ' +
    'bcookie ecid mcid fpid pcid shopifyy shopifys',
);
define(
  'online-id',
  'player install installation instance advertiser visit android hw hardware browser machine handset viewer reader push amplitude intercom hubspot braze emarsys onesignal firebase registration persistent',
  'id ids uid uuid',
);
define('online-id', 'serial', 'no nr num number');
define(
  'geo',
  'lat latitude lon lng long longitude latlng latlon coordinate coordinates coords gps geohash zip zipcode postal postcode postalcode postnummer plz city geo location ' +
    'stadt wohnort ville codepostal ciudad codigopostal citta kodpocztowy miasto psc postinumero geoloc',
);
define('ip', 'ip ipaddress ipaddr ipv4 ipv6 remoteaddr clientip xff');

/** Somebody's where they are the whole name; the name of something else beside another word (`product_name`, `account_type`). */
const WHOLE = new Set(
  (
    'name nom nombre nome naam age account profile cust employee patient student buyer shopper ' +
    'cell insured screenname usernames phones addresses avatar whatsapp telegram skype wechat fax festnetz payback vin imya nume nama namae fn ln'
  ).split(' '),
);

/** What describes many alike, and counts of what they did: `user_type`, `login_method`, `session_count`; and whether: `is_member`. */
const DESCRIBING = new Set(
  'type types status role roles segment segments tier method count counts duration level plan group version kind category length'.split(
    ' ',
  ),
);
const WHETHER = new Set(['is', 'has']);

const BOUNDARY = /[^a-z0-9]+|(?<=[a-z])(?=[0-9]{3})/;
const CAMEL = /([a-z0-9])([A-Z])/g;
/** The second user, the first e-mail address. */
const COUNT = /(?<=[a-z]{4})\d{1,2}$/;
const MAX_NAME = 128;

function isClickIdPart(part: string): boolean {
  if (CLICK_ID_SET.has(part) || CLICK_ENDING.test(part)) return true;
  if (ADVERTISING_ID.test(part) || part.split(/[_-]+/).some((word) => CLICK_WORDS.has(word))) return true;
  const name = part.replace(TOUCH, '');
  return CLICK_ID_SET.has(name) || CLICK_ID_SET.has(name.replace(MARKS, '')) || CLICK_ENDING.test(name);
}

/** Whether a field of this name holds the id of a click, a recipient, or a browser or device for advertising. */
export const isClickIdName = remember(
  (name) => [name, name.replace(CAMEL, '$1_$2')].some((one) => one.toLowerCase().split(PARTS).some(isClickIdPart)),
  2048,
  MAX_NAME,
);

/** False where a text surely holds no name of a click id; cheap. */
export function mayNameClickId(text: string): boolean {
  if (CLICK_HINT.test(text) || TTP_HINT.test(text)) return true;
  return (text.includes('%') || text.includes('\\')) && HIDDEN_LETTER.test(text);
}

/** Letters without their marks, so that `prénom` and `straße` are the words that are listed. */
function plainLetters(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
}

function lookUp(word: string): CarrierClass | null {
  return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? null) : null;
}

/** A word with the one or two behind it. Single letters make other words of four letters and fewer. */
function lookUpBeside(words: readonly string[], at: number): CarrierClass | null {
  const [word = '', next = '', third = ''] = words.slice(at, at + 3);
  const pair = word + next;
  const isPair = next !== '' && (pair.length > 4 || Math.min(word.length, next.length) > 1);
  return (isPair ? lookUp(pair) : null) ?? (third === '' ? null : lookUp(pair + third));
}

/** Words before others that are written as one with them: `useremail`, `customerlastname`, `mobilephone`. */
const BEFORE =
  /^(?:user|customer|client|member|contact|billing|shipping|delivery|invoice|guest|home|work|cell|mobile|email|mail|phone|hashed)(?=.{4})/;

function lookUpWithin(word: string): CarrierClass | null {
  const [before] = BEFORE.exec(word) ?? [];
  return before === undefined ? null : lookUp(word.slice(before.length));
}

/** What says nothing without the name above it: `user.id`, `last_name.value`, `phones.0`. */
const NESTED = /^(?:ids?|no|nr|num|number|key|ref|uu?id|guid|value|first|last|n|[fl]n|db|ge|ct|st|zp)$/i;

/** The last key of a path, places in lists aside, with those above that it needs. */
function lastOfPath(path: string): string {
  const keys = path.split('.').filter((key, i) => i === 0 || !/^\d+$/.test(key));
  let from = keys.length - 1;
  while (from > 0 && NESTED.test(keys[from] as string)) from--;
  const last = keys.pop() as string;
  // Several of them are in a list of those: `customers.0.no`.
  return [...keys.slice(from).map((key) => key.replace(/([^s])s$/, '$1')), last].join('_');
}

/** Labels of a campaign, whichever visit they are of: `$session_entry_utm_source`. */
const CAMPAIGN = /(?:^|[^a-z])utm_(?:source|medium|campaign|term|content|id|source_platform|creative_format|marketing_tactic)$/i;

/** The name of a thing, in JSON below it: `products.0.name`. */
const NAME_OF_THING =
  /(?:^|[._])(?:products?|items?|articles?|variants?|brand|categor(?:y|ies)|pages?|screen|events?|campaign|promotions?|app|library|browser|os|plan|lists?|experiments?|features?|flags?|file|form|button|step|store|shop|services?|spans?|metrics?|scope)(?:\.\d+)?\.name$/i;

/** By its words, and by two or three that stand beside each other: `first_name`, `firstName` and `firstname` are the same. */
function classify(name: string): CarrierClass | null {
  if (NAME_OF_THING.test(name)) return null;
  const last = lastOfPath(name);
  if (LABELS.has(last.toLowerCase().replace(TOUCH, '')) || CAMPAIGN.test(last)) return null;
  if (isClickIdName(last)) return 'click-id';
  const words = plainLetters(last)
    .replace(CAMEL, '$1 $2')
    .toLowerCase()
    .split(BOUNDARY)
    .filter((word) => word !== '');
  if (words.length > 1 && (DESCRIBING.has(words.at(-1) as string) || WHETHER.has(words[0] as string))) return null;
  let found: CarrierClass | null = null;
  words.forEach((word, i) => {
    const carrier = lookUp(word) ?? lookUpBeside(words, i) ?? lookUp(word.replace(COUNT, '')) ?? lookUpWithin(word);
    if (carrier !== null && (found === null || carrier === 'direct')) found = carrier;
  });
  return found ?? (words.length === 1 && WHOLE.has(words[0] as string) ? 'direct' : null);
}

/** Class of what a field of this name holds by all experience, or null where the name says nothing. */
export const classOfName = remember((name) => (name.length > MAX_NAME ? null : classify(name)), 4096, MAX_NAME);
