/** What a decision means for each name of a profile: actions, click ids, restricted modes, plain names, and members of JSON. */
import { describe, expect, it } from 'vitest';
import { type Action, NO_PURPOSES, PURPOSES, purposeSet, stricterAction } from '../../../src/consent/state.ts';
import type { ScrubRequest } from '../../../src/hit/outgoing.ts';
import { planFor, ScrubPlan } from '../../../src/hit/scrub-plan.ts';
import { type Actions, type RequestOptions, scrubRequest } from '../../support/scrub.ts';
import { compileSmall } from '../../support/scrub-context.ts';

const TEXT = `
endpoints: []
batches: [data, data.more, other]
fields:
  - { names: [w, name, props.w], class: utility }
  - { names: [note, fbclid], class: text, purpose: personalization }
  - { names: [gclid], class: utility }
  - { names: [msclkid], class: undeclared }
  - { names: [data.only], class: direct }
  - { names: ["deep.*.w"], class: utility }
  - { names: ["count.*"], class: utility, type: number }
restricted:
  - { without: personalization, beside: en, set: { npa: "1", w: "2" }, add: { gcs: "3" } }
  - { without: advertising, beside: ev, set: { npa: "4", dpo: "5" } }
`;
const profile = compileSmall(TEXT);
const clicks = compileSmall(`click-ids: personalization\n${TEXT}`);

/** Plans of analytics and personalization, which the fields serve, with advertising, which the hit does not. */
function planOf(personalization: Action, advertising: Action, strictest: Action = 'forward', of = profile): ScrubPlan {
  return new ScrubPlan(of, ['forward', 'forward', 'forward', personalization, advertising], strictest);
}

describe('the plan of a field', () => {
  it('has the action of its purpose, or the strictest', () => {
    const plan = planOf('anonymize', 'drop', 'drop');
    expect(['w', 'note', 'zzz'].map((path) => plan.field(path).action)).toEqual(['forward', 'anonymize', 'drop']);
    expect(plan.field('w').rule?.class).toBe('utility');
    expect(plan.field('zzz').rule).toBeNull();
    expect(plan.field('note.below').rule?.class).toBe('text');
    expect(['zzz', 'uid', 'gclid', 'ip'].map((path) => plan.field(path).named)).toEqual([null, 'direct', 'click-id', 'ip']);
    expect(plan.field('a.b').path).toBe('a.b');
  });

  it.each([
    ['w', 'utility'],
    ['w.customer_id', 'direct'],
    ['w.sessionId', 'online-id'],
    ['w.gclid', 'click-id'],
    ['w.remoteIp', 'ip'],
    ['w.latitude', 'geo'],
    ['note.userName', 'direct'],
    ['deep.customer.w', 'utility'],
    ['deep.x.w.email', 'direct'],
    // Products and software have names.
    ['w.name', 'utility'],
    ['w.colour', 'utility'],
    // A label of a campaign, a number that counts, and what belongs to a click id.
    ['w.$session_entry_utm_source', 'utility'],
    ['deep.session_count.w', 'utility'],
    ['count.session_count', 'utility'],
    ['count.session_id', 'online-id'],
    ['w.gclid.value', 'click-id'],
    // What is declared by its own name is what the profile says, whatever the name is.
    ['name', 'utility'],
    ['gclid', 'utility'],
    // An identifier stays the identifier that it is declared to be, and what nobody knows is unknown.
    ['data.only.clientIp', 'direct'],
    ['msclkid.email', 'undeclared'],
  ])('below a container, %s is %s: there the name counts', (path, carrier) => {
    const { rule } = planOf('anonymize', 'drop').field(path);
    expect(rule?.class).toBe(carrier);
    if (path.includes('.') && carrier !== 'utility' && carrier !== 'undeclared') expect(rule?.type).toBeNull();
  });

  it('of a click id below a container follows click ids', () => {
    expect(planOf('drop', 'forward', 'forward', clicks).field('w.gclid')).toMatchObject({ isClickId: true, action: 'drop' });
  });

  it('is forbidden where nothing is known of its purpose', () => {
    const plan = new ScrubPlan(profile, [], 'forward');
    expect(plan.field('w').action).toBe('drop');
    expect([plan.actionOfPurpose(null), plan.actionOfPurpose(0), plan.actionOfPurpose(9)]).toEqual(['forward', 'drop', 'drop']);
    expect(planOf('anonymize', 'drop').actionOfPurpose(3)).toBe('anonymize');
  });

  it.each([
    // A click id that nobody declared follows the purpose of click ids alone.
    ['twclid', 'drop', 'forward', true, 'forward'],
    ['twclid', 'forward', 'drop', true, 'drop'],
    ['props.twclid', 'forward', 'anonymize', true, 'anonymize'],
    // One in a field of anything follows the stricter of both.
    ['fbclid', 'drop', 'anonymize', true, 'anonymize'],
    ['msclkid', 'drop', 'forward', true, 'forward'],
    ['msclkid', 'forward', 'drop', true, 'drop'],
    // Of a field with a class of its own the profile knows better.
    ['gclid', 'forward', 'drop', false, 'forward'],
    ['note', 'drop', 'drop', false, 'drop'],
    ['zzz', 'drop', 'forward', false, 'drop'],
  ] as const)('%s, strictest %s, click ids %s: a click id %s, %s', (path, strictest, clickIds, isClickId, action) => {
    const { isClickId: isOne, action: what } = planOf(clickIds, 'forward', strictest, clicks).field(path);
    expect([isOne, what]).toEqual([isClickId, action]);
  });

  it('takes the stricter of both for a click id in a field of text', () => {
    const text = compileSmall(
      'click-ids: advertising\nendpoints: []\nfields:\n  - { names: [fbclid], class: text, purpose: personalization }\n',
    );
    expect(planOf('drop', 'forward', 'forward', text).field('fbclid').action).toBe('drop');
    expect(planOf('forward', 'drop', 'forward', text).field('fbclid').action).toBe('drop');
    expect(planOf('forward', 'forward', 'drop', text).field('fbclid').action).toBe('forward');
  });

  it('knows the action of click ids, and which restricted modes are in force', () => {
    expect([planOf('anonymize', 'drop', 'drop').clickIds, planOf('anonymize', 'drop', 'drop', clicks).clickIds]).toEqual([
      'drop',
      'anonymize',
    ]);
    // Where the profile does not say whose they are, they are advertising's too.
    expect(planOf('forward', 'drop', 'forward').clickIds).toBe('drop');
    expect(planOf('forward', 'drop', 'forward', clicks).clickIds).toBe('forward');
    const modes = (plan: ScrubPlan): string[] => plan.restrictions.map(({ beside }) => beside);
    expect(modes(planOf('forward', 'forward'))).toEqual([]);
    expect(modes(planOf('anonymize', 'forward'))).toEqual(['en']);
    expect(modes(planOf('forward', 'drop'))).toEqual(['ev']);
    expect(modes(planOf('drop', 'anonymize'))).toEqual(['en', 'ev']);
  });

  it.each([
    ['npa', '1', true],
    ['w', '2', true],
    ['dpo', '5', true],
    ['gcs', null, true],
    ['en', null, true],
    ['ev', null, true],
    ['zzz', null, false],
  ])('of a restricted mode: %s is set to %s, is of it: %s', (path, set, isOfRestriction) => {
    const both = planOf('drop', 'drop').field(path);
    expect([both.set, both.isOfRestriction]).toEqual([set, isOfRestriction]);
    const none = planOf('forward', 'forward').field(path);
    expect([none.set, none.isOfRestriction]).toEqual([null, false]);
  });

  it.each([
    ['w', true, true],
    ['cd[value]', true, true],
    ['a.b_c$-:0', true, true],
    ['', false, true],
    ['a b', false, true],
    ['a/b@c', false, true],
    ['a!', false, false],
    ['!a', false, false],
    ['é', false, false],
    ['ab.'.repeat(40), true, true],
    [`${'ab.'.repeat(40)}a`, false, true],
    ['ab.'.repeat(100), false, true],
    [`${'ab.'.repeat(100)}a`, false, false],
    // A name can be an identifier itself, also behind the name of what holds it.
    ['anna@example.com', false, false],
    ['9f8e7d6c5b4a39281706f5e4d3c2b1a0', false, false],
    ['203.0.113.77', false, false],
    ['props.203.0.113.77', false, false],
    ['Props.203.0.113.77', false, false],
    ['props_.203.0.113.77', false, false],
    ['$.203.0.113.77', false, false],
    ['cd[0].203.0.113.77', false, false],
    ['props.anna@example.com', false, false],
  ])('%.40s is plain in a query: %s, in JSON: %s', (path, isPlain, isPlainMember) => {
    const plan = planOf('forward', 'forward').field(path);
    expect([plan.isPlain, plan.isPlainMember]).toEqual([isPlain, isPlainMember]);
  });
});

describe('members of JSON', () => {
  /** The member at a path from the top. */
  const memberAt = (plan: ScrubPlan, root: string, ...keys: string[]) =>
    keys.reduce((parent, key) => plan.below(parent, key), plan.member(root));

  it.each([
    ['', [], '', '', false, true],
    ['', ['w'], 'w', 'w', false, true],
    ['', ['props', 'w'], 'props.w', 'props.w', false, true],
    ['', ['props'], 'props', 'props', false, true],
    ['', ['zzz'], 'zzz', 'zzz', false, false],
    ['in', ['w'], 'in.w', 'in.w', false, false],
    // Below a batch a name is read as if it stood at the top.
    ['', ['data'], 'data', 'data', true, true],
    ['', ['data', 'w'], 'data.w', 'w', false, true],
    ['', ['data', 'props', 'w'], 'data.props.w', 'props.w', false, true],
    ['', ['data', 'more'], 'data.more', 'more', true, false],
    ['', ['data', 'more', 'w'], 'data.more.w', 'w', false, true],
    ['', ['other', 'more', 'w'], 'other.more.w', 'more.w', false, false],
    ['', ['props', 'data', 'w'], 'props.data.w', 'props.data.w', false, false],
    // Where nothing of that name is declared there, the whole path counts.
    ['', ['data', 'only'], 'data.only', 'data.only', false, true],
    ['', ['data', 'only', 'x'], 'data.only.x', 'data.only.x', false, true],
    ['', ['data', 'zzz'], 'data.zzz', 'zzz', false, false],
    ['', ['deep', 'x'], 'deep.x', 'deep.x', false, true],
  ] as const)('in %j at %j', (root, keys, path, name, isBatch, hasFieldsBelow) => {
    const member = memberAt(planOf('forward', 'forward'), root, ...keys);
    expect([member.path, member.plan.path, member.isBatch, member.hasFieldsBelow]).toEqual([path, name, isBatch, hasFieldsBelow]);
  });

  it('know what holds them, and are kept', () => {
    const plan = planOf('forward', 'forward');
    const root = plan.member('');
    const member = plan.below(root, 'w');
    expect([root.parent, member.parent]).toEqual([null, root]);
    expect([plan.member(''), plan.below(root, 'w')]).toEqual([root, member]);
    expect(plan.member('') === root && plan.below(root, 'w') === member && plan.member('in') !== root).toBe(true);
    expect(member.plan).toBe(plan.field('w'));
  });

  it('of long paths are not kept', () => {
    const plan = planOf('forward', 'forward');
    const isKept = (length: number): boolean => {
      const name = 'x'.repeat(length);
      const first = plan.below(plan.member(''), name);
      return plan.below(plan.member(''), name) === first;
    };
    expect([isKept(256), isKept(257)]).toEqual([true, false]);
  });

  it('are forgotten when they are too many', () => {
    const plan = planOf('forward', 'forward');
    const root = plan.member('');
    for (let i = 1; i < 1024; i++) plan.below(root, `k${i}`);
    expect(plan.member('')).toBe(root);
    plan.below(root, 'k1');
    expect(plan.member('')).toBe(root);
    plan.below(root, 'k1024');
    const next = plan.member('');
    expect(next).not.toBe(root);
    expect(next.members.size).toBe(0);
    // The new one has as much room again, less what stands in the old.
    for (let i = 2; i < 1024; i++) plan.below(next, `k${i}`);
    expect(plan.member('')).toBe(next);
    plan.below(next, 'k1024');
    expect(plan.member('')).not.toBe(next);
  });
});

describe('planFor', () => {
  const ACTIONS: readonly Action[] = ['forward', 'anonymize', 'drop'];
  const request = (actions: Actions, action: Action = 'forward', options: RequestOptions = {}, of = profile): ScrubRequest =>
    scrubRequest(of, { target: '/' }, { actions, action, ...options });
  const GRANTED: Actions = ['forward', 'forward', 'forward', 'forward', 'forward'];

  it('makes one plan for each combination of actions', () => {
    const plans = new Set<ScrubPlan>();
    const made: [Actions, ScrubPlan][] = [];
    const extend = (actions: Action[]): void => {
      if (actions.length < PURPOSES.length) {
        for (const one of ACTIONS) extend([...actions, one]);
        return;
      }
      for (const action of ACTIONS) {
        const plan = planFor(request(actions as unknown as Actions, action));
        plans.add(plan);
        made.push([actions as unknown as Actions, plan]);
        // The profile names analytics and personalization.
        const strictest = stricterAction(action, stricterAction(actions[2] as Action, actions[3] as Action));
        expect([plan.profile, plan.actions, plan.strictest]).toEqual([profile, actions, strictest]);
        expect(planFor(request(actions as unknown as Actions, action))).toBe(plan);
      }
    };
    extend([]);
    expect(plans.size).toBe(3 ** 6);
  });

  it('makes plans of its own for each profile', () => {
    expect(planFor(request(GRANTED, 'forward', {}, clicks))).not.toBe(planFor(request(GRANTED)));
    expect(planFor(request(GRANTED, 'forward', {}, clicks)).profile).toBe(clicks);
  });

  it('counts the purposes of the gate among those that the profile names', () => {
    const actions: Actions = ['forward', 'forward', 'forward', 'forward', 'drop'];
    const without = planFor({ ...request(actions), gate: NO_PURPOSES });
    const gated = planFor({ ...request(actions), gate: purposeSet(['advertising']) });
    expect([without.strictest, gated.strictest]).toEqual(['forward', 'drop']);
  });

  it('forbids purposes that nothing is decided of', () => {
    const granted = request(GRANTED);
    const plan = planFor({ ...granted, judgement: { ...granted.judgement, purposes: granted.judgement.purposes.slice(0, 3) } });
    expect([plan.actions, plan.strictest]).toEqual([['forward', 'forward', 'forward', 'drop', 'drop'], 'drop']);
    expect(plan).toBe(planFor(request(['forward', 'forward', 'forward', 'drop', 'drop'])));
  });
});
