/** What a decision means for each name of a profile, worked out once for each combination of actions: on the way of a hit a field is one look-up. */
import { type Action, PURPOSE_INDEX, PURPOSES, stricterAction } from '../consent/state.ts';
import { findClass } from '../privacy/detect-nested.ts';
import { objectOfName, objectOfValue } from '../privacy/named-values.ts';
import { classOfName, isClickIdName } from '../privacy/names.ts';
import { detach, remember } from '../privacy/remember.ts';
import { type CarrierClass, labelOf } from '../privacy/report.ts';
import type { FieldRule, Restriction, VendorProfile } from '../vendors/profile.ts';
import type { ScrubRequest } from './outgoing.ts';
import { type Behind, type RecentPair, RecentValues } from './scrub-recent.ts';

/** What is known of a field before its value is seen. */
export interface FieldPlan {
  readonly path: string;
  readonly rule: FieldRule | null;
  readonly action: Action;
  /** Class that the name alone tells; null where it says nothing. */
  readonly named: CarrierClass | null;
  /** A click id by its name, where no profile says better. */
  readonly isClickId: boolean;
  /** Whether it lies below the field that is declared, and need not hold what that holds. */
  readonly isBelow: boolean;
  /** Without it the collector refuses the hit. */
  readonly isRequired: boolean;
  /** Whether no profile vouches for its values. */
  readonly isOpen: boolean;
  /** What the restricted mode sets the field to, before places and decisions are filled in; null where it says nothing. */
  readonly set: string | null;
  /** Whether it is an object that a restricted mode in force puts beside a field. */
  readonly isHolder: boolean;
  /** Whether a restricted mode in force sets the field, or stands beside it. */
  readonly isOfRestriction: boolean;
  /** Whether an anonymized hit may hold a field of that name in a query, and in JSON: a name can be an identifier itself. */
  readonly isPlain: boolean;
  readonly isPlainMember: boolean;
  /** What was made of its last values; null where that depends on more than the value, or the values are somebody's. */
  readonly recent: RecentValues | null;
  /** The pair that stood behind it last in a query. */
  readonly behind: Behind<FieldPlan>;
}

/** A field that a restricted mode in force puts beside another. */
export interface Addition {
  readonly beside: string;
  readonly name: string;
  /** Before places and decisions are filled in. */
  readonly value: string;
  /** As JSON text, for objects. */
  readonly json: string | undefined;
  /** The object that it stands in, where it is not that of the field beside. */
  readonly holder: string | null;
}

/** A member of JSON. Below the innermost batch it is planned for as if it stood at the top. */
export interface Member {
  readonly key: string;
  /** Keys joined by `.`, from the top; places in arrays are left out. */
  readonly path: string;
  readonly parent: Member | null;
  readonly plan: FieldPlan;
  readonly isBatch: boolean;
  /** Whether its objects say by their schema what their data is, and whether it says that. */
  readonly isEntity: boolean;
  readonly isSchema: boolean;
  /** Whether the profile declares fields below it, so that it stays when it is empty. */
  readonly hasFieldsBelow: boolean;
  /** Path of the object in which it says the name of another member, and of the one in which it is the value of that name; or null. */
  readonly nameIn: string | null;
  readonly valueIn: string | null;
  /** Whether what is done with a value that is remembered depends on that value alone. */
  readonly isRepeatable: boolean;
  /** How it was written last, where that was done with it. */
  pair: RecentPair<FieldPlan> | null;
  /** The member that stood behind it last, in whatever object. */
  next: Member | null;
  readonly members: Map<string, Member>;
}

/** Classes whose values many visitors share. */
const SHARED: ReadonlySet<CarrierClass> = new Set(['utility', 'consent', 'device', 'url', 'text']);
/** What a name tells about a field below a container, or under a pattern, that holds nothing personal by itself. */
const TELLING: ReadonlySet<CarrierClass> = new Set(['direct', 'online-id', 'click-id', 'ip', 'geo']);
const UNSUSPECTED: ReadonlySet<CarrierClass> = new Set(['utility', 'consent', 'device', 'text', 'time', 'join-id']);
/** Numbers of this name count something, whoever it belongs to. */
const COUNTING = /(?:count|total|price|amount|attempts?|duration|length|score|points|days|quantity|qty|value|rate|age)s?$/i;
const PLAIN_NAME = /^[A-Za-z0-9_.$[\]:~-]{1,120}$/;
const PLAIN_PATH = /^[A-Za-z0-9_.$[\]:/@ -]{0,300}$/;
/** A dot that ends a key made of letters: an address behind it begins there. */
const KEY_END = /(?<=[A-Za-z_$\]])\./g;
const ADVERTISING = PURPOSE_INDEX.advertising;
const MAX_NAMES = 1024;
const MAX_NAME_LENGTH = 256;
const MAX_LOOKED_AT = 300;

export class ScrubPlan {
  readonly profile: VendorProfile;
  /** By purpose, in the order of `PURPOSES`. */
  readonly actions: readonly Action[];
  /** Of everything that no profile declares. */
  readonly strictest: Action;
  /** Of click ids, wherever they stand. */
  readonly clickIds: Action;
  /** Restricted modes that are in force. */
  readonly restrictions: readonly Restriction[];
  readonly additions: readonly Addition[];
  /** The same by the field that they stand beside. */
  readonly additionsBeside: readonly (readonly [beside: string, additions: readonly Addition[]])[];
  /** Objects that stand beside a field for what they hold. */
  readonly holders: ReadonlySet<string>;
  /** Outermost values, by the field that holds the document. */
  private readonly roots = new Map<string, Member>();
  private memberCount = 0;

  constructor(profile: VendorProfile, actions: readonly Action[], strictest: Action) {
    this.profile = profile;
    this.actions = actions;
    this.strictest = strictest;
    // Where the profile does not say, they serve advertising whatever else a hit is for.
    const { clickIdPurpose } = profile;
    this.clickIds =
      clickIdPurpose === null
        ? stricterAction(strictest, this.actionOfPurpose(ADVERTISING))
        : this.actionOfPurpose(clickIdPurpose);
    this.restrictions = profile.restrictions.filter((restriction) => actions[restriction.without] !== 'forward');
    this.additions = this.restrictions.flatMap(({ beside, set, add, json }) =>
      [...set, ...add].map(([name, value]) => ({ beside, name, value, json: json.get(name), holder: holderOf(name, beside) })),
    );
    this.additionsBeside = [...new Set(this.additions.map(({ beside }) => beside))].map(
      (beside) => [beside, this.additions.filter((addition) => addition.beside === beside)] as const,
    );
    this.holders = new Set(this.additions.flatMap(({ holder }) => holder ?? []));
  }

  /** Action of a purpose; what belongs to none belongs to the strictest. */
  actionOfPurpose(purpose: number | null): Action {
    return purpose === null ? this.strictest : (this.actions[purpose] ?? 'drop');
  }

  /** A field by its name or path. */
  readonly field = remember((path) => this.describe(path), MAX_NAMES, MAX_NAME_LENGTH);

  /** The outermost value of a document that stands in a field; of a body, in the field ''. */
  member(path: string): Member {
    return this.roots.get(path) ?? this.addMember(this.roots, path, path, null);
  }

  /** What a member of JSON holds under a key. Members mostly come in the same order: `last` is the one before, which tells the next. */
  below(parent: Member, key: string, last = parent): Member {
    const { next } = last;
    if (next !== null && next.parent === parent && next.key === key) return next;
    const path = parent.path === '' ? key : `${parent.path}.${key}`;
    const member = parent.members.get(key) ?? this.addMember(parent.members, key, path, parent);
    if (path.length <= MAX_NAME_LENGTH) last.next = member;
    return member;
  }

  /** Kept with all others of the plan, bounded: all are forgotten when they are too many. */
  private addMember(siblings: Map<string, Member>, key: string, path: string, parent: Member | null): Member {
    const plan = this.field(this.nameInBatch(path));
    const isBatch = this.profile.isBatch(path);
    const hasFieldsBelow = this.profile.hasFieldsBelow(plan.path);
    const isSchema = parent?.isEntity === true && key === 'schema';
    const nameIn = objectOfName(path);
    const valueIn = objectOfValue(path);
    const ownKey = detach(key);
    const member: Member = {
      key: ownKey,
      path: path === key ? ownKey : detach(path),
      parent,
      plan,
      isBatch,
      isEntity: this.profile.isEntity(path),
      isSchema,
      hasFieldsBelow,
      nameIn,
      valueIn,
      // Names and values of each other, what a schema says or is said by, and lengths of lines are looked at each time.
      isRepeatable: parent?.isEntity === false && nameIn === null && valueIn === null && path !== 'length',
      pair: null,
      next: null,
      members: new Map(),
    };
    if (this.memberCount >= MAX_NAMES) {
      this.roots.clear();
      this.memberCount = 0;
    }
    if (path.length <= MAX_NAME_LENGTH) {
      siblings.set(ownKey, member);
      this.memberCount++;
    }
    return member;
  }

  /** Where nothing of the name below the batch is declared, the whole path counts, which may lie below a declared container. */
  private nameInBatch(path: string): string {
    const { profile } = this;
    let start = 0;
    for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      if (profile.isBatch(path.slice(0, dot))) start = dot + 1;
    }
    if (start === 0) return path;
    const name = path.slice(start);
    return profile.field(name) === null && profile.field(path) !== null ? path : name;
  }

  private describe(path: string): FieldPlan {
    // Nobody declares a name of such a length, and looking through it would cost more than it tells: what holds it counts.
    const isLong = path.length > MAX_LOOKED_AT;
    const known = this.profile.field(isLong ? path.slice(0, Math.max(0, path.lastIndexOf('.', MAX_LOOKED_AT))) : path);
    // `gclid.value` is the id as much as `gclid` is.
    const named = !isLong && isClickIdName(path) ? 'click-id' : classOfName(path);
    const isDeclared = this.profile.isDeclared(path);
    const rule = isDeclared ? known : byName(known, path, named);
    const isOpen = rule === null || rule.class === 'undeclared' || rule.class === 'text' || !isDeclared;
    const action = rule === null ? this.strictest : (this.actions[rule.purpose] ?? 'drop');
    const isClean = !isLong && findClass(path) === null && findClass(path.replace(KEY_END, ' ')) === null;
    const isClickId = isOpen && named === 'click-id';
    const set = this.restrictions.flatMap((restriction) => restriction.set).find(([name]) => name === path)?.[1] ?? null;
    const isShared = rule !== null && SHARED.has(rule.class) && rule.holds === null && set === null;
    return {
      path,
      rule,
      action: isClickId ? stricterAction(rule === null ? 'forward' : action, this.clickIds) : action,
      named,
      isClickId,
      isBelow: !isDeclared && path.includes('.'),
      isRequired: rule?.isRequired === true,
      isOpen,
      set,
      isHolder: this.holders.has(path),
      isOfRestriction: this.restrictions.some(
        ({ beside, set, add }) => beside === path || [...set, ...add].some(([name]) => name === path),
      ),
      isPlain: isClean && PLAIN_NAME.test(path) && labelOf(path) === path,
      isPlainMember: isClean && PLAIN_PATH.test(path),
      recent: isShared ? new RecentValues() : null,
      behind: { pair: null },
    };
  }
}

/** A container vouches for what it is made of, not for whatever a site puts into it: there the name of a member counts. */
function byName(rule: FieldRule | null, path: string, named: CarrierClass | null): FieldRule | null {
  const isOpen = rule !== null && UNSUSPECTED.has(rule.class);
  // Software, products and lists have a `name` by itself.
  if (!isOpen || named === null || !TELLING.has(named) || /(?:^|\.)name$/i.test(path)) return rule;
  if (rule.type === 'number' && named !== 'click-id' && COUNTING.test(path)) return rule;
  return { ...rule, class: named, type: null, values: null, like: null };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

function holderOf(name: string, beside: string): string | null {
  const parent = parentOf(name);
  return parent === parentOf(beside) ? null : parent;
}

const RANK: Readonly<Record<Action, number>> = { forward: 0, anonymize: 1, drop: 2 };
const plans = new WeakMap<VendorProfile, Map<number, ScrubPlan>>();

/** The plan for a hit: one for each profile and combination of actions that occurs. */
export function planFor(request: ScrubRequest): ScrubPlan {
  const { profile, gate, action, judgement } = request;
  let key = RANK[action];
  let strictest = action;
  const named = profile.named | gate;
  for (let i = 0; i < PURPOSES.length; i++) {
    const one = judgement.purposes[i]?.action ?? 'drop';
    key = key * 3 + RANK[one];
    if ((named >> i) & 1) strictest = stricterAction(strictest, one);
  }
  key = key * 3 + RANK[strictest];
  let known = plans.get(profile);
  if (known === undefined) {
    known = new Map();
    plans.set(profile, known);
  }
  let plan = known.get(key);
  if (plan === undefined) {
    const actions = PURPOSES.map((_, i) => judgement.purposes[i]?.action ?? 'drop');
    plan = new ScrubPlan(profile, actions, strictest);
    known.set(key, plan);
  }
  return plan;
}
