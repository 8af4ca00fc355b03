/** What names tell: whose fields go, whose stay, and that no name of a click id is overlooked. */
import { describe, expect, it } from 'vitest';
import { classOfName, isClickIdName, mayNameClickId } from '../../../src/privacy/names.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

const SOMEBODY = words(`
  firstName first_name FirstName first-name firstname last_name lastName lname familyName full_name fullName displayName display_name
  nickname nick name_first userName user_name username uname usr usr_id usercode uidhash user1 userid2 email2 name $name
  profile profileId profile_id profile_name buyer buyerName billing_name shippingName shopperId contactName
  account accountId account_id account_number accountNumber account-no externalId external_id ext_id unique_id internalId lead_id leadId
  cust cust_no custId customer_no customerNumber employeeId patientId patient_name studentId memberNo loyaltyId cardNumber card_no card_number
  licensePlate license_plate tax_id salutation sso_id ssoid userData.firstName user_data[first_name] E-Mail
  vorname nachname anrede kunde kundennummer kunden_nr kundenNr kdnr telefon handy strasse straße hausnummer geburtsdatum mitgliedsnummer passwort
  prenom prénom nom nomClient courriel téléphone date_naissance utilisateur sexe
  nombre apellido apellidos correo telefono dirección fecha_nacimiento usuario dni
  nome cognome indirizzo cellulare codice_fiscale data_nascita utente
  passenger_name passengerId traveller_name traveler_name attendee_name guest_name guestId driver_name contact_name
  policy_number policyNo contract_no contractNumber contractId acct_no acctName mrn medical_record emp_id staff_no national_id
  drivers_license driverLicence booking_ref bookingReference reservation_no ticket_no frequent_flyer frequent_flyer_no payback_nr household_id party_id
  cardholder card_holder accountHolder policyholder name_on_card bic vat_id vatNumber ssn4 yob fax fax_no
  screenname social_handle whatsapp whatsapp_number telegram skype skype_id twitter_handle instagram_handle facebook_id fb_id fbId google_id apple_id linkedin_id
  okta_id cognitoId profile_url avatarUrl gravatar
  name.first buyer.last person.n customers.0.no users.id participant_name applicantId citizen_id membership_no addr addr1 streetname cell insured
  userlastname customerfirstname useremail emailadresse mobilephone workphone hashedemail
  user.id customer.number account.0.id last_name.value user.phones.0 page.user.id.value
  matrikelnummer ausweisnummer kontoinhaber versicherungsnummer vertragsnummer buchungsnummer ticketnummer telnr faxnr festnetz geburtsort
  klantnummer klant_nr straat huisnummer telefoonnummer nome_completo data_nascimento telefone celular nom_de_famille
  device_name deviceName device.name computer_name machineName
  social_security_number socialSecurityNo national_insurance_number nino id_number idNo id_card_no healthCardNumber medicare_number aadhaar
  aadhaarNumber pan_number nhs_number ahv_nummer curp cuit cnpj pesel personnummer henkilotunnus kennitala fodselsnummer cpr_nummer oib jmbg tckn
  emirates_id resident_id iqama nric hkid license_no licenceNumber driving_licence cc_number ccnum creditcard_number routing_number sort_code cvv
  imie imię nazwisko numer_telefonu adres jméno příjmení meno priezvisko förnamn efternamn fornavn etternavn epost etunimi sukunimi puhelin
  keresztnev vezeteknev prenume nume soyad ad_soyad eposta nama_lengkap no_hp ho_ten familiya imya fn ln ud[fn] user.fn customers.0.ln
  user_data.db userData.ge ud.fn vin
`);
const DEVICE = words(`
  playerId player_id installId install_id advertiserId anonymousId device_id imei
  bcookie ecid mcid fpid shopify_y browser_id machine_id amplitude_id onesignal_id push_id hubspotutk hutk visit_id device_serial serial_no serialNumber android_id hw_id wifi_ssid macaddress openid unionid registration_id persistent_id
`);
const PLACE = words(
  'ud[zp] ud[ct] ud.st kod_pocztowy postnummer psc coordinates latlng lat_lng latLon gps latitude plz ville codePostal ciudad citta wohnort',
);
const CAMPAIGN = words('gad_source gad_campaignid gclsrc mc_cid mtm_cid pk_cid _hsmi s_cid fb_source $initial_gad_source');
const OF_NOBODY = words(`
  product_name productName item_name page_name event_name campaign_name category_name file_name app_name screen_name screenName content_name list_name
  promotion_name creative_name variant_name brand_name form_name store_name nom_produit file-name
  transaction_id order_id item_id page_id event_id product_id content_id list_id promotion_id group_id form_id utm_id utm_source utm_campaign
  affiliation currency method value coupon tax tax_code shipping quantity index variant template search_term app_version
  account_type profile_type card_type employee_count lead lead_source external external_link unique unique_count unique_visitors ext internal
  internal_search install_source cardinality ui_card screen_class page_title link_text video_title custom customs engagement_time_msec
  product_category product_brand product_price product_sku product_url product_handle product_type sku gtin ean isbn asin mpn item_brand item_category
  event_category event_action event_label event_value event_type event_count page_type page_path page_category page_number page_count page_language
  frame.fn stack.0.ln page.st event.ct node.db ge st ct db
  screen_size screen_resolution campaign_source campaign_medium ad_group ad_name ad_format ad_position banner_name placement creative_slot keyword
  app_build platform os_name os_version browser_name browser_version device_type device_category viewport color_depth orientation connection_type
  user_type userType user_status user_role user_segment user_tier login_method loginMethod login_status login_count signup_method status
  customer_type customer_segment customer_group member_type member_level membership_type subscription_type plan_name account_status account_plan
  session_count sessionCount session_duration session_number ga_session_number visit_count visit_number visitor_type is_logged_in is_mobile has_account
  cart_value cart_id cart_total order_status order_total payment_method payment_type payment_provider card_brand shipping_method shipping_cost
  delivery_method coupon_code discount voucher price revenue subtotal total vat_rate tax_rate stock availability colour size material brand category
  content_type content_group video_duration video_percent video_provider scroll_depth link_url link_domain button_text button_name form_type error_message
  error_code step_name author author_name published_at headline article_id article_title tags theme language locale country_code experiment_id
  experiment_name variant test_name feature_name flag_name guest_count guests passenger_count driver_version traveller_type ticket_type ticket_count
  booking_type booking_status booking_window booking_value contract_type contract_length policy_type policy_version policy_name staff_pick party_size
  third_party_cookies household_size national_team apple_pay google_pay google_maps facebook_pixel facebook_page share_whatsapp whatsapp_click
  social_network share_method serial_position hardware_type android_version visit_source visit_depth profile_type avatar_color file_extension store_type
  shop_name rating review_count traffic_source channel hostname protocol results_count result_position sort_order filter_name fare_class cabin_class
  airline route departure_date nights rooms adults property_type room_type hotel_name rental_days last_4_weeks name_length famille_produit
  credit_card credit_limit license_type licence payment_creditcard pan zoom_pan cpr id_type cc cc_type
  handle products.name items.0.name ep.category.name nom_de_produit product.id order.number item.0 page.value event.id user.type service.name spans.0.name scopeMetrics.metrics.name
`);

describe('classOfName', () => {
  it.each(SOMEBODY)('%s tells of somebody', (name) => {
    expect(classOfName(name)).toBe('direct');
  });

  it.each(DEVICE)('%s tells of a browser or device', (name) => {
    expect(classOfName(name)).toBe('online-id');
  });

  it.each(PLACE)('%s tells of a place', (name) => {
    expect(classOfName(name)).toBe('geo');
  });

  it.each([...OF_NOBODY, ...CAMPAIGN])('%s tells of nobody', (name) => {
    expect(classOfName(name)).toBeNull();
  });
});

/** As vendors write them. */
const CLICK_IDS = words(`
  gclid fbclid msclkid ttclid twclid dclid gbraid wbraid srsltid _gl gclgb gclaw gcldc gclgs gac li_fat_id li_giant epik ScCid sc_click_id sclid u_sclid
  rdt_cid yclid ysclid tblci dicbo qclid irclickid ir_clickid irgwc awc ef_id s_kwcid at_recipient_id at_recipient_list _hsenc __hssc __hstc __hsfp
  hsCtaTracking mc_eid mkt_tok _kx vero_id vero_conv oly_enc_id oly_anon_id __s ss_email_id wickedid wickedsource _branch_match_id pk_vid igshid igsh
  _bhlid ml_subscriber ml_subscriber_hash et_rid sfmc_sub fbc _fbc $fbc cto_bundle unicorn_click_id rb_clickid trackid cjevent cjdata clickref click_ref
  fb_action_ids bsft_clkid bsft_uid guccounter guce_referrer nb_klid phclid ko_click_id obclid ndclid adclid sznclid rtkcid ttd_click
  pins_campaign_id ymclid click-id clickId
  tduid sscid ranSiteID zanpid admitad_uid vmcid mibextid _ke klaviyo_id elq elqTrackId trk_contact
  ck_subscriber_id dm_i sc_uid sc_eh sc_llid vgo_ee spUserID inf_contact_key bxid cndid cio_id gps_adid
`);
const ADVERTISING_IDS = words(`
  fbp _fbp $fbp auid _gcl_au gcl_au gcl_aw _gcl_aw _gcl_dc _gcl_gb _gcl_gs _gcl_ha ttp _ttp _uetvid _uetsid uetvid uetsid scid _scid idfa IDFA gaid adid
  aaid maid ifa advertisingid advertisingId advertising_id appleidfa androididfa _pin_unauth _rdt_uuid _twclid muid MUID
`);
const VARIANTS = [
  ...['gbraid[]', 'gclid[0]', 'ud[fbp]', 'gclid;x', 'x;gclid', 'amp;gclid', 'GCLID ', ' gclid', 'ep.fbp', '$gclid', '_gclid'],
  ...[
    'ios_idfa',
    'googleAdId',
    'google_advertising_id',
    'advertisingIdentifier',
    'fbpCookie',
    'meta_fbp',
    'gclidValue',
    'idfa_md5',
    'liFatId',
    'rdid',
  ],
  ...['gclid_first', 'first_gclid', 'initial_gclid', '$initial_gclid', '$initial__kx', '$session_entry_gclid', 'last__fbp'],
  ...['initialGclid', 'gclidFirst', 'gbraid_last', 'first-ttp', '$initial_epik', 'original_msclkid', 'landing_wbraid'],
];

describe('isClickIdName', () => {
  const names = [...CLICK_IDS, ...ADVERTISING_IDS, ...VARIANTS];

  it.each(names)('%j', (name) => {
    expect(isClickIdName(name)).toBe(true);
    expect(classOfName(name)).toBe('click-id');
    expect(classOfName(`properties.${name}`)).toBe('click-id');
  });

  it.each([
    ...OF_NOBODY,
    ...CAMPAIGN,
    'http',
    'https',
    'glossary',
    'key',
    'api_key',
    'siteId',
    'idsite',
    'clicks',
    'first',
    'last_click',
    '',
  ])('not %j', (name) => {
    expect(isClickIdName(name)).toBe(false);
  });

  it('is hinted at in every text that holds such a name, however it is encoded', () => {
    const hidden = (name: string): string =>
      [...name].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    const escaped = (name: string): string =>
      [...name].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    for (const name of names) {
      const query = `https://a.example/?b=1&${name}=2&c=3`;
      const texts = [
        query,
        query.toUpperCase(),
        `${name}=2`,
        JSON.stringify({ [name]: 1 }),
        encodeURIComponent(query),
        encodeURIComponent(encodeURIComponent(query)),
        encodeURIComponent(JSON.stringify({ [name]: 1 })),
        `?${hidden(name)}=2`,
        `?${hidden(name).toUpperCase()}=2`,
        encodeURIComponent(`?${hidden(name)}=2`),
        `{"${escaped(name)}":1}`,
      ];
      expect(texts.filter((text) => !mayNameClickId(text))).toEqual([]);
    }
  });

  it('is not hinted at in ordinary addresses', () => {
    const texts = [
      'https://shop.example/tee?utm_source=a&q=b%20c',
      '{"url":"http://shop.example/","title":"Tee"}',
      'a=1&page=%2Ftee%3Fq%3D%C3%B6',
    ];
    expect(texts.filter(mayNameClickId)).toEqual([]);
  });

  it('takes linear time', () => {
    for (const part of ['_', '$', '[', ';', 'first_', 'a1', 'gcl', '%25', ' ']) {
      const name = part.repeat(100_000);
      const start = performance.now();
      isClickIdName(name);
      mayNameClickId(name);
      classOfName(name);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});
