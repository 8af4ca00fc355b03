/** Which of two values is stricter. Softer: forward < anonymize < drop; keep < reduced < drop; more bits < fewer. */
import type { Model } from '../consent/record.ts';
import type { AnonymizeRules } from './policy.ts';

/** Values of `anonymize` from the softest to the strictest, by key. */
const LADDERS = {
  ids: ['pseudonymize-daily', 'drop'],
  joinIds: ['keep', 'drop'],
  userAgent: ['keep', 'family', 'drop'],
  device: ['keep', 'coarse', 'drop'],
  page: ['keep', 'path', 'origin', 'drop'],
  text: ['keep', 'drop'],
  referrer: ['keep', 'origin', 'drop'],
  undeclared: ['scan', 'drop'],
  time: ['exact', 'hour'],
  geo: ['region', 'country', 'none'],
} as const satisfies { readonly [K in Exclude<keyof AnonymizeRules, 'ip'>]: readonly AnonymizeRules[K][] };

type LadderKey = keyof typeof LADDERS;
const LADDER_KEYS = Object.keys(LADDERS) as LadderKey[];

function stricterOn<K extends LadderKey>(key: K, a: AnonymizeRules[K], b: AnonymizeRules[K]): AnonymizeRules[K] {
  const ladder: readonly unknown[] = LADDERS[key];
  return ladder.indexOf(a) >= ladder.indexOf(b) ? a : b;
}

/** The strictest value of each key. */
export function stricterAnonymize(a: AnonymizeRules, b: AnonymizeRules): AnonymizeRules {
  return {
    ip: stricterIp(a.ip, b.ip),
    ids: stricterOn('ids', a.ids, b.ids),
    joinIds: stricterOn('joinIds', a.joinIds, b.joinIds),
    userAgent: stricterOn('userAgent', a.userAgent, b.userAgent),
    device: stricterOn('device', a.device, b.device),
    page: stricterOn('page', a.page, b.page),
    text: stricterOn('text', a.text, b.text),
    referrer: stricterOn('referrer', a.referrer, b.referrer),
    undeclared: stricterOn('undeclared', a.undeclared, b.undeclared),
    time: stricterOn('time', a.time, b.time),
    geo: stricterOn('geo', a.geo, b.geo),
  };
}

function stricterIp(a: AnonymizeRules['ip'], b: AnonymizeRules['ip']): AnonymizeRules['ip'] {
  if (a === 'drop' || b === 'drop') return 'drop';
  return { v4: Math.min(a.v4, b.v4), v6: Math.min(a.v6, b.v6) };
}

/** Keys of `anonymize` whose second value is softer than the first. */
export function softerAnonymizeKeys(before: AnonymizeRules, after: AnonymizeRules): (keyof AnonymizeRules)[] {
  const softer: (keyof AnonymizeRules)[] = LADDER_KEYS.filter((key) => {
    const ladder: readonly unknown[] = LADDERS[key];
    return ladder.indexOf(after[key]) < ladder.indexOf(before[key]);
  });
  const strictest = stricterIp(before.ip, after.ip);
  if (JSON.stringify(strictest) !== JSON.stringify(after.ip)) softer.push('ip');
  return softer;
}

const MODEL_RANK: Readonly<Record<Model, number>> = { none: 0, 'opt-out': 1, 'opt-in': 2 };

export function stricterModel(a: Model, b: Model): Model {
  return MODEL_RANK[a] >= MODEL_RANK[b] ? a : b;
}
