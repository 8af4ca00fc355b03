/** ISO 3166-2 codes by English name, for databases that give names only; of the countries whose subdivisions have rules. */

const NAMES: Readonly<Record<string, string>> = {
  US: `AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia
|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota
|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota
|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia
|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|DC Washington D.C.|DC Washington, D.C.`,
  CA: `AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|NU Nunavut
|ON Ontario|PE Prince Edward Island|QC Quebec|QC Québec|SK Saskatchewan|YT Yukon`,
};

const CODES = new Map<string, string>();
for (const [country, list] of Object.entries(NAMES)) {
  for (const entry of list.split('|')) {
    const text = entry.trim();
    CODES.set(`${country}:${text.slice(3).toLowerCase()}`, text.slice(0, 2));
  }
}

export function subdivisionByName(country: string, name: unknown): string | null {
  return typeof name === 'string' ? (CODES.get(`${country.toUpperCase()}:${name.toLowerCase()}`) ?? null) : null;
}
