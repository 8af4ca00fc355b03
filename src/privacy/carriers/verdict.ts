/** What a visitor says about a value: keep it as it stands (`true`), remove it (`false`), or write another value. */
export type Verdict = boolean | string;
