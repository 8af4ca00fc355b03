import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cutIdentifiers, findIdentifiers } from '../../../src/privacy/detect.ts';
import { findClass, visitIdentifiers } from '../../../src/privacy/detect-nested.ts';

const found = (text: string): string[] => findIdentifiers(text).map((finding) => text.slice(finding.start, finding.end));

describe('findIdentifiers', () => {
  it.each([
    ['Danke anna.muster+shop@mail.example.com!', 'anna.muster+shop@mail.example.com'],
    ['an jörg@müller.example senden', 'jörg@müller.example'],
    ['"anna m"@example.com', '"anna m"@example.com'],
    ["o'neil@example.org", "o'neil@example.org"],
    ['用户@例子.公司', '用户@例子.公司'],
    ['Tel. +49 (0)151 234-567 89', '+49 (0)151 234-567 89'],
    ['call +12025550143 now', '+12025550143'],
    ['(202) 555-0143', '(202) 555-0143'],
    ['030/1234-5678', '030/1234-5678'],
    ['202.555.0143', '202.555.0143'],
    ['from 203.0.113.77 today', '203.0.113.77'],
    ['at 2001:db8:85a3::8a2e:370:7334.', '2001:db8:85a3::8a2e:370:7334'],
    ['::ffff:203.0.113.77', '::ffff:203.0.113.77'],
    ['ip:2001:db8:85a3:6fda:0:8a2e:370:4299', '2001:db8:85a3:6fda:0:8a2e:370:4299'],
    ['2001:db8:85a3:17c1:0:8a2e:370:b8d5:8080', '2001:db8:85a3:17c1:0:8a2e:370:b8d5'],
    ['card 4111 1111 1111 1111', '4111 1111 1111 1111'],
    ['378282246310005', '378282246310005'],
    ['IBAN DE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 00'],
    ['gb82west12345698765432', 'gb82west12345698765432'],
    ['iban-DE89370400440532013000', 'DE89370400440532013000'],
    ['Überweisung:ÜDE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 00'],
    ['t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['id a82b3e80-9426-4a04-8909-85a5879c31ae', 'a82b3e80-9426-4a04-8909-85a5879c31ae'],
    ['9f8e7d6c5b4a39281706f5e4d3c2b1a0', '9f8e7d6c5b4a39281706f5e4d3c2b1a0'],
    ['IwAR2aOpenFbclid0Zk3xT9qLw8mYhP1', 'IwAR2aOpenFbclid0Zk3xT9qLw8mYhP1'],
    ['customer 123456789', '123456789'],
    ['write to anna.muster @ example.com', 'anna.muster @ example.com'],
    ['anna.muster @example.com', 'anna.muster @example.com'],
    ['anna@my_host.example.com', 'anna@my_host.example.com'],
    ['at 198.051.100.023', '198.051.100.023'],
    ['at 0306.063.0144.027 or so', '0306.063.0144.027'],
    ['from 0xc6.0x33.0x64.0x17', '0xc6.0x33.0x64.0x17'],
    ['0XC6.51.100.23.', '0XC6.51.100.23'],
    ['010.001.000.007', '010.001.000.007'],
    ['0170_1234567', '0170_1234567'],
    ['tel_0170_12_34_567', '0170_12_34_567'],
    ['+49_170_1234567', '+49_170_1234567'],
    ['202_555_0143', '202_555_0143'],
    ['1_202_555_0143', '1_202_555_0143'],
    ['030:1234567', '030:1234567'],
    ['Tel. 030,1234567', '030,1234567'],
    [`1 4${' '.repeat(37)}55 51234567`, '55 51234567'],
    ['030\u202f123\u202f4567', '030\u202f123\u202f4567'],
    ['030\u22121234567', '030\u22121234567'],
    ['h a17f0436 3433664c d9d60e8a f78338ac', 'a17f0436 3433664c d9d60e8a f78338ac'],
    ['a17f 0436 3433 664c d9d6 0e8a f783 38ac', 'a17f 0436 3433 664c d9d6 0e8a f783 38ac'],
    ['94 ea a5 8a cc 43 67 48 83 4d d4 b0 d1 11 09 a5', '94 ea a5 8a cc 43 67 48 83 4d d4 b0 d1 11 09 a5'],
    ['id=cus_NffrFeUfNV2Hib', 'cus_NffrFeUfNV2Hib'],
    ['mac 3c:22:fb:9a:01:7e!', '3c:22:fb:9a:01:7e'],
    ['router_3C-22-FB-9A-01-7E', '3C-22-FB-9A-01-7E'],
    ['card 4111_1111_1111_1111', '4111_1111_1111_1111'],
    ['3782_822463_10005', '3782_822463_10005'],
    ['4111.1111.1111.1111', '4111.1111.1111.1111'],
    // Groups with other separators.
    ['0151.23456789', '0151.23456789'],
    ['0470/12.34.56', '0470/12.34.56'],
    ["079'123'45'67", "079'123'45'67"],
    ['+49·151·23456789', '+49·151·23456789'],
    ['Tel. 0151•23456789', '0151•23456789'],
    ['t=030+123+4567', '030+123+4567'],
    ['06·12·34·56·78', '06·12·34·56·78'],
    ['c=4111+1111+1111+1111', '4111+1111+1111+1111'],
    ['4111·1111·1111·1111', '4111·1111·1111·1111'],
    ['4222_2222_2222_2', '4222_2222_2222_2'],
    ['3056_930902_5904', '3056_930902_5904'],
    ['6200_0000_0000_0000_000', '6200_0000_0000_0000_000'],
    ['i=GB29+NWBK+6016+1331+9268+19', 'GB29+NWBK+6016+1331+9268+19'],
    ['DE89_3704_0044_0532_0130_00', 'DE89_3704_0044_0532_0130_00'],
    ['id a82b3e80 9426 4a04 8909 85a5879c31ae', 'a82b3e80 9426 4a04 8909 85a5879c31ae'],
    ['id a82b3e80–9426–4a04–8909–85a5879c31ae', 'a82b3e80–9426–4a04–8909–85a5879c31ae'],
    ['h 4b:c0:5e:1c:e7:c5:5a:98:13:81:08:42:a7:e5:38:7e', '4b:c0:5e:1c:e7:c5:5a:98:13:81:08:42:a7:e5:38:7e'],
    ['4bc05e1c-e7c55a98-13810842-a7e5387e', '4bc05e1c-e7c55a98-13810842-a7e5387e'],
    ['IP...198.51.100.23', '198.51.100.23'],
    ['anna@[IPv6:2001:db8:85a3::8a2e:370:7334]', 'anna@[IPv6:2001:db8:85a3::8a2e:370:7334]'],
    // Base64 with its padding.
    ['uid:S8BeHOfFWpgTgQhCp+U4fg==;', 'S8BeHOfFWpgTgQhCp+U4fg=='],
    ['MKzWiCS6F/hmXjW/DTP5HLmLGj0=', 'MKzWiCS6F/hmXjW/DTP5HLmLGj0='],
    // Beside words of scripts that need no space.
    ['电话010-12345678', '010-12345678'],
    ['手机13812345678', '13812345678'],
    ['전화번호01012345678번', '01012345678'],
    ['โทร0812345678', '0812345678'],
    ['тел89123456789', '89123456789'],
    // Beside days.
    ['23.11.2026 030 12345', '23.11.2026 030 12345'],
    ['2026-11-23 0151-23456789', '2026-11-23 0151-23456789'],
    ['1033501218.1368477899', '1033501218.1368477899'],
    ['01J9ZQ4NDEKTSV4RRFFQ69G5FA', '01J9ZQ4NDEKTSV4RRFFQ69G5FA'],
    ['0ujtsYcgvSTl8PAuAdqWYSMnLOv', '0ujtsYcgvSTl8PAuAdqWYSMnLOv'],
  ])('finds in %j', (text, expected) => {
    expect(found(text)).toContain(expected);
  });

  it.each([
    'Danke! Bestellung 10042',
    'iPhone 15 Pro Max 256 GB, black',
    'summer-sale-2026-newsletter',
    'version 3.59.0 of 2026-07-13',
    'js-4.10.1',
    '1440x900',
    'opened 12:30:45 to 13:00',
    'js::core::add',
    '10:20:30:40',
    '1234_5678_9012_3456',
    'de-at-ch-fr-it-es',
    'price 1,299.00 EUR',
    '49.900000000000006',
    'C++ @ home',
    'a@b',
    'Angebote ab 5.000.000',
    '00000000-0000-0000-0000-000000000000',
    'checkout_completed_with_discount',
    'com.snowplowanalytics.snowplow',
    'https://shop.example.com/kasse/danke',
    // Places and handles.
    'Sale @ shop.example',
    'Meet us @ booking.example',
    'follow @example.com',
    // Dates, times, sizes, versions, SKUs, prices and coordinates.
    '2026_11_23',
    '01_02_2026',
    '20261123_101530',
    'banner_300_250',
    '300_250_2026',
    '728_90_300_250',
    'SKU_123_456_7890',
    'order_1002_2026',
    'v3.10.0_build_2210',
    'version 1.2.3.04',
    '24.01.02.03',
    '0,1234567',
    '52.520008,13.404954',
    '12.345,6789012',
    'opens 09:1234',
    'pages 012,034',
    '001,1234567,002',
    '1.299,00',
    '10 x 20 x 30 cm',
    'dead beef cafe babe face',
    'Bee ab cd ef 1a 2b 3c',
    // Names of events and products in mixed case.
    'cta_goToCartBtnV2',
    'nav_iPhone15ProMaxBlue',
    'apple_iPhone15ProMax',
    'checkout_stepTwo2Ab',
    'DE_Search_Brand_2026',
    '2026_Q4_DE_PMax_Herbst',
    'NL_2026-11-23_Newsletter_KW47',
    'Banner_300x250_Herbst',
    'Konzert am 23.11.2026 um 20:00',
    '11/23/2026, 10:00 AM',
    '12.345.678,90',
    '978-3-16-148410-0',
    // Days, years and times from one to another, amounts and versions.
    '23.11.2026 - 25.11.2026',
    '04.12.-06.12.2026',
    '04.-06.12.2026',
    '04.12.26 - 06.12.26',
    '23. 11. 2026',
    '2026. 11. 23.',
    '2026-11-23/2026-11-25',
    '01/12/2026 – 24/12/2026',
    '15.08.2026 09:00 - 16.08.2026 18:00',
    '1999-2026',
    'Jahresbericht 2025/2026',
    '10.15-11.45',
    '250.000 - 500.000 EUR',
    '1 200 – 1 500 €',
    '15 000 000 Ft',
    'Chrome 120.0.6099.130',
    '10.0.22621.2861',
    '共12345678件',
    'a%20112-108',
    "1'299'000.00 CHF",
    'logo@2x.png',
    'conv_DE_1-30d_2026',
    'GDN_300x250_Herbst26',
    'Shopping_All-Products_tROAS-400',
    'a_very_long_name_of_a_parameter=',
    'shop/Schuhe/Herren/Winter26=',
    '1001+1002+1003',
    'T-2026-000123',
    '2026-11-00127',
    '20261123-1136',
    '19.99-29.99',
  ])('leaves %j alone', (text) => {
    expect(found(text)).toEqual([]);
  });

  it.runIf(process.env.CONSENTRY_LONG === '1')('takes linear time', () => {
    for (const text of [
      'a @ '.repeat(50_000),
      'a@a_'.repeat(50_000),
      '020_'.repeat(50_000),
      '00_11'.repeat(50_000),
      '0300:1234567,'.repeat(20_000),
      'a1 '.repeat(50_000),
      'a1b2c3d4 '.repeat(20_000),
      'ab_A1a'.repeat(20_000),
      'aB1+='.repeat(40_000),
      'aB1+'.repeat(50_000),
      '4bc0:'.repeat(40_000),
      '00·11'.repeat(50_000),
      '23.11.2026 - '.repeat(20_000),
      '001.'.repeat(50_000),
      '1 '.repeat(50_000),
      'a@'.repeat(50_000),
      '1:'.repeat(50_000),
      'DE89 '.repeat(20_000),
      'aa-b1-'.repeat(30_000),
      '1a:2b:'.repeat(30_000),
      '1111_'.repeat(50_000),
      'x'.repeat(200_000),
      '+'.repeat(100_000),
      '(1'.repeat(50_000),
    ]) {
      const start = performance.now();
      findIdentifiers(text);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});

describe('cutIdentifiers', () => {
  it('leaves the rest of a text readable', () => {
    expect(cutIdentifiers('Danke, anna@example.com! Rückruf: +49 151 23456789.')).toBe('Danke, -! Rückruf: -.');
    expect(cutIdentifiers('nothing here')).toBe('nothing here');
  });
});

describe('findClass', () => {
  const mail = 'anna.muster@example.com';

  it.each([
    ['plain', mail],
    ['percent-encoded', encodeURIComponent(mail)],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(mail))],
    ['base64', Buffer.from(mail).toString('base64')],
    ['base64 of JSON', Buffer.from(JSON.stringify({ m: mail })).toString('base64url')],
    ['base64 of a query', Buffer.from(`m=${encodeURIComponent(mail)}`).toString('base64')],
    ['hexadecimal', Buffer.from(mail).toString('hex')],
    ['JSON escape', 'anna.muster\\u0040example.com'],
    ['HTML escape', 'anna.muster&#64;example.com'],
    ['HTML name', '<b>anna.muster&commat;example.com</b>'],
    ['HTML, by number without `;`', 'anna.muster&#64example.com'],
    ['HTML, in an encoded query', 'a=1&b=anna.muster%26%2364example.com'],
    ['HTML, dots by number', 'anna&#46;muster@example&#x2E;com'],
    ['HTML, dots by name', 'anna&period;muster&commat;example&period;com'],
    ['HTML, every character', [...mail].map((char) => `&#${char.charCodeAt(0)};`).join('')],
    ['HTML, every character in hexadecimal', [...mail].map((char) => `&#X00${char.charCodeAt(0).toString(16)};`).join('')],
    ['HTML twice', 'anna.muster&amp;#64;example.com'],
    ['quoted-printable', 'anna=2Emuster=40example=2Ecom'],
    ['[at]', 'anna.muster[at]example.com'],
    ['(at) and (dot)', 'anna.muster (at) example (dot) com'],
    ['at and dot', 'write to anna dot muster at example dot com, please'],
    ['AT and DOT', 'anna.muster AT example DOT com'],
    ['at, behind a name', 'write to anna.muster at example.com.'],
    ['at and dot, encoded', 'anna.muster%20at%20example%20dot%20com'],
    ['(@)', 'anna.muster(@)example.com'],
    ['( at ) and [.]', 'anna.muster ( at ) example[.]com'],
    ['<at> and <dot>', 'anna.muster <at> example <dot> com'],
    ['(ät)', 'anna.muster(ät)example.com'],
    ['script escape with braces', 'anna.muster\\u{40}example.com'],
    ['encoded [at]', 'anna.muster%5Bat%5Dexample.com'],
    ['full-width forms', 'ａｎｎａ．ｍｕｓｔｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ'],
    ['ideographic stops', 'anna.muster@example。com'],
    ['a zero-width space', 'anna.muster\u200b@\u200bexample.com'],
    ['soft hyphens', 'anna.mus\u00adter@exam\u00adple.com'],
    ['marks of direction', '\u2066anna.muster@\u200eexample.com\u2069'],
    ['percent-encoded zero-width joiners', encodeURIComponent('anna.muster@exam\u2060ple.com')],
    ['gzip in base64', `v:${gzipSync(mail).toString('base64')}`],
    [
      'gzip in base64, cut off',
      gzipSync(`${mail} ${'x y z '.repeat(9)}`)
        .toString('base64')
        .slice(0, 48),
    ],
    ['zlib in base64url', deflateSync(mail).toString('base64url')],
    ['base64 in a path', `/p;u=${Buffer.from(mail).toString('base64url')}/x`],
    ['base64 in a segment behind words', `https://shop.example/konto/${Buffer.from(mail).toString('base64url')}/ende`],
    ['nested URL', `https://a.example/?u=${encodeURIComponent(`https://b.example/?m=${encodeURIComponent(mail)}`)}`],
  ])('sees an address below %s', (_, text) => {
    expect(findClass(text)).not.toBeNull();
    const seen: string[] = [];
    visitIdentifiers(text, (_carrier, value) => seen.push(value));
    expect(seen).toContain(mail);
  });
});

describe('words between words', () => {
  it.each([
    'Dinner at eight',
    'polka dot dress at home',
    'Sale at shop.example',
    'Connect the dots at home.',
    'Shop at Polka Dot Boutique',
  ])('are no address: %s', (text) => {
    expect(findClass(text)).toBeNull();
  });

  it('take linear time', () => {
    for (const text of [
      ' at a dot'.repeat(20_000),
      'a.b at '.repeat(20_000),
      'a at '.repeat(100_000),
      'H4sIAAAA\\"'.repeat(20_000),
      'eJwrAAAAAAAA '.repeat(20_000),
      `a at ${'b dot '.repeat(20_000)}`,
      'a.a'.repeat(50_000),
      '1.1.1.1..'.repeat(30_000),
    ]) {
      const start = performance.now();
      findClass(text);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
  });
});

it('an address at a host that is called like an image is found', () => {
  expect(findClass('anna@2x.png.example.com')).toBe('direct');
  expect(findClass('see logo@2x.png.webp.')).toBeNull();
});

describe('a phone number', () => {
  it.each(['+35/1577/07/31/872', '017.1413.15.00', 'tel +33.116.2845.00.0'])(
    'is found where a part of it looks like a day: %s',
    (text) => {
      expect(findClass(text)).toBe('direct');
    },
  );

  it.each([
    ['full-width', '＋４９３０１２３４５６７', '+49301234567'],
    ['Arabic', '٠٣٠١٢٣٤٥٦٧', '0301234567'],
    ['Persian', '۰۳۰۱۲۳۴۵۶۷', '0301234567'],
    ['Devanagari', '०३०१२३४५६७', '0301234567'],
    ['with zero-width spaces', '+49 30\u200b123\u200b4567', '+49 301234567'],
  ])('is found in digits that are %s', (_, text, expected) => {
    expect(findClass(text)).not.toBeNull();
    const seen: string[] = [];
    visitIdentifiers(text, (_carrier, value) => seen.push(value));
    expect(seen).toContain(expected);
  });
});

describe('ordinary text', () => {
  it.each([
    'Kaffee & Tee; 5 &euro;',
    'a&b;c',
    'Straße & Söhne; Zürich',
    '日本語のページタイトル。次へ',
    '产品详情 2026',
    'Größe 40 – 42',
    '12″ × 30″ … 5 000 ₽',
    '٪ عرض 20',
    'img=40x40.png',
    'build 01.02.03.04',
    'v0x10.0x20.0x30',
    '300.0x10.0x20.0x30',
    'file=40pages.pdf',
    'w=40&h=20',
    'size=40mm',
    'add (attachment) to x.com',
    'see (.5) and [.btn] <@> x.com',
    '\\u{110000}',
    '[attr] x.com',
    '&#x110000;',
    '=40',
  ])('%j holds nobody', (text) => {
    expect(findClass(text)).toBeNull();
  });
});

describe('an address whose `&` is no end of a field', () => {
  it.each([
    'a=1&b=anna&#64%3Bexample.com',
    'x=%20&anna&commat;example.com',
    'x anna&#64%5Cx3bexample.com',
    'a=1&b=anna&#64%5Cu003bexample.com',
    'anna&%2364%5Cu003bexample.com',
    'q="b&c"%40example.com',
  ])('is found in %s', (text) => {
    expect(findClass(text)).toBe('direct');
  });

  it('is told whole, with its quotes', () => {
    const found: string[] = [];
    visitIdentifiers('a=%255Cu0022x&b&c%255Cu0022@example.com%20', (_, value) => void found.push(value));
    expect(found).toContain('"x&b&c"@example.com');
  });
});
