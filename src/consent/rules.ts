/** What the configuration and the policy add to a request. */
import type { ConsentRules } from '../policy/policy.ts';
import type { Notice } from './entry.ts';
import type { Decision } from './plan.ts';
import type { ConsentHead } from './record.ts';
import type { ConsentRequest, RegisteredNotice } from './request.ts';
import { OPTIONAL_PURPOSES, purposeSet } from './state.ts';

type Notices = Readonly<Record<string, RegisteredNotice>>;

/** The registered notice that a request names, with what it showed; null for one that nobody registered. */
export function readRegistered(notices: Notices, { notice }: Pick<ConsentRequest, 'notice'>): Decision['notice'] {
  const registered = notice === null ? undefined : findNotice(notices, notice.version);
  return notice === null || registered === undefined ? null : { version: notice.version, shown: purposeSet(registered.purposes) };
}

/** The notice as it goes into the record. */
export function describeNotice({ notice }: Pick<ConsentRequest, 'notice'>, notices: Notices): Notice | null {
  return notice === null ? null : { ...notice, hash: findNotice(notices, notice.version)?.hash ?? null };
}

/** Never what stands on a prototype. */
function findNotice(notices: Notices, version: string): RegisteredNotice | undefined {
  return Object.hasOwn(notices, version) ? notices[version] : undefined;
}

/** When the first yes runs out, in milliseconds since the epoch; null without a yes. */
export function findExpiry(head: ConsentHead, rules: Pick<ConsentRules, 'validForMs'>): number | null {
  const granted = OPTIONAL_PURPOSES.map((purpose) => head.choices[purpose]).filter((choice) => choice?.state === 'granted');
  return granted.length === 0 ? null : Math.min(...granted.map((choice) => (choice?.at ?? 0) + rules.validForMs));
}
