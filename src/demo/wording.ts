/** A decision in words for somebody who sees such a gateway for the first time. */
import { type Action, PURPOSES, type Purpose, purposesIn, stricterAction } from '../consent/state.ts';
import type { HitEvidence } from '../ops/evidence.ts';
import type { Judgement, PurposeDecision, Reason, Region } from '../policy/policy.ts';
import { namePlace } from './places.ts';
import { labelOf } from './settings.ts';

export interface PurposeView {
  readonly purpose: Purpose;
  readonly state: string;
  readonly because: string;
  readonly action: Action;
  /** Whether the hit as a whole depends on it. */
  readonly decides: boolean;
}

export interface Step {
  readonly label: string;
  readonly text: string;
}

const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  gpc: 'Global Privacy Control (Sec-GPC: 1)',
  tcf: 'a TCF consent string',
  gpp: 'a GPP string',
  'us-privacy': 'a us_privacy string',
};

const FAULTS: Readonly<Record<string, string>> = {
  guard: 'The last check still found an identifier in the cleaned hit.',
  'body-not-understood': 'The body had to be cleaned and could not be read.',
  'body-limits': 'The body had to be cleaned and has too many parts.',
  'body-too-large': 'The body is larger than the limit.',
  opaque: 'The body had to be cleaned and is sealed or compressed.',
  multipart: 'The body had to be cleaned and has several parts.',
  'nothing-left': 'Without what must not leave, the hit says nothing any more.',
  internal: 'The gateway made a mistake, and then nothing leaves.',
};

const DONE: Readonly<Record<Action, string>> = { forward: 'forwarded', anonymize: 'anonymized', drop: 'dropped' };

/** One sentence for the list: who said what, and what the place makes of it. */
export function summarize(evidence: HitEvidence): string {
  const { judgement, region, fault } = evidence;
  if (fault !== null) return FAULTS[fault] ?? `Stopped: ${fault}.`;
  if (judgement === null || region === null) return 'The hit was never judged.';
  const decisive = findDecisive(judgement, evidence.gate);
  if (decisive === null) return 'No purpose allows the hit.';
  const [purpose, decision] = decisive;
  const place = namePlace(region.country, region.subdivision);
  const cut = isForwardedInPart(evidence) ? ' What serves other purposes is cut out.' : '';
  return `${explainState(decision)} In ${place}, ${purpose} hits are then ${DONE[decision.action]}.${cut}`;
}

function isForwardedInPart({ outcome, report }: HitEvidence): boolean {
  return outcome === 'forwarded' && report.length > 0;
}

/** The strictest purpose of the gate, which the whole hit follows. */
function findDecisive(judgement: Judgement, gate: number): [Purpose, PurposeDecision] | null {
  let found: [Purpose, PurposeDecision] | null = null;
  for (const purpose of purposesIn(gate)) {
    const decision = judgement.purposes[PURPOSES.indexOf(purpose)];
    if (decision === undefined) continue;
    if (found === null || stricterAction(found[1].action, decision.action) !== found[1].action) found = [purpose, decision];
  }
  return found;
}

export function listPurposes(judgement: Judgement, gate: number): readonly PurposeView[] {
  return PURPOSES.flatMap((purpose, index) => {
    const decision = judgement.purposes[index];
    if (decision === undefined || purpose === 'necessary') return [];
    const decides = ((gate >> index) & 1) === 1;
    return [{ purpose, state: decision.state, because: explainState(decision), action: decision.action, decides }];
  });
}

/** Route and profile → place and who told it → policy → what became of the hit. */
export function listSteps(evidence: HitEvidence): readonly Step[] {
  const { region, judgement } = evidence;
  const label = labelOf(evidence.route);
  const marked = label === null ? '' : `, which the shop marks as ${label.replaceAll('-', ' ')}`;
  const steps: Step[] = [
    { label: 'What', text: `${evidence.route}${marked}; policies/vendors/${evidence.vendor}.yaml says what it carries.` },
  ];
  if (region !== null)
    steps.push({
      label: 'Where',
      text: `${capitalize(namePlace(region.country, region.subdivision))}, ${explainSource(region)}.`,
    });
  if (judgement !== null) {
    const also = judgement.also.length === 0 ? '' : ` The stricter answer of these counts too: ${judgement.also.join(', ')}.`;
    steps.push({ label: 'Rule', text: `policies/${judgement.policy}.yaml, as ${judgement.version}.${also}` });
  }
  steps.push({ label: 'Why', text: summarize(evidence) });
  steps.push({ label: 'So', text: explainOutcome(evidence) });
  return steps;
}

function explainSource({ source, disagrees }: Region): string {
  const told =
    SOURCES[source] ??
    (source.startsWith('header:') ? 'told by the network in front, whose part this demo plays' : `told by ${source}`);
  return disagrees === null ? told : `${told}; another source says ${namePlace(disagrees.country, disagrees.subdivision)}`;
}

const SOURCES: Readonly<Record<string, string>> = {
  none: 'because nobody told',
  database: 'told by the geo database',
  assumed: 'assumed by the configuration',
  record: 'as the record itself says',
};

function explainOutcome(evidence: HitEvidence): string {
  const { outcome, action } = evidence;
  switch (outcome) {
    case 'forwarded':
      return isForwardedInPart(evidence)
        ? 'The collector gets the hit without the fields of purposes that may not leave.'
        : 'The collector gets the hit.';
    case 'anonymized':
      return 'The collector gets the hit without what could tell who it was.';
    case 'dropped':
      return 'The collector gets nothing. The browser gets an answer that the script takes for success.';
    case 'dropped-by-fault':
      return action === null || action === 'drop'
        ? 'The collector gets nothing.'
        : `The policy would have let it be ${DONE[action]}, but in doubt nothing leaves.`;
  }
}

/** The first reason is the one that counted. */
function explainState(decision: PurposeDecision): string {
  const [reason] = decision.reasons;
  return reason === undefined ? `The answer is "${decision.state}".` : explainReason(reason, decision);
}

function explainReason(reason: Reason, decision: PurposeDecision): string {
  switch (reason.code) {
    case 'record':
      return RECORDED[decision.state] ?? 'The record has an answer.';
    case 'signal':
      return `The hit carries ${nameSignal(reason)}, which says ${decision.state === 'granted' ? 'yes' : 'no'}.`;
    case 'signal-overruled':
      return `The visitor said yes, which here outweighs ${nameSignal(reason)}.`;
    default:
      return REASONS[reason.code] ?? `${capitalize(reason.detail ?? reason.code)}.`;
  }
}

const RECORDED: Readonly<Record<string, string>> = {
  granted: 'The visitor said yes.',
  denied: 'The visitor said no.',
  withdrawn: 'The visitor took the yes back.',
};

const REASONS: Readonly<Record<string, string>> = {
  silence: 'The visitor has not decided.',
  expired: 'The visitor said yes, but too long ago.',
  cookie: 'The visitor said no (a cookie without an id says so; nothing is stored).',
  'cookie-invalid': 'The consent cookie is forged or unknown, which reads as a no.',
  'proof-missing': 'The visitor said yes, but nobody can prove to what.',
  'other-model': 'The visitor said yes where silence is a yes, which proves nothing here.',
  'record-not-heard': 'A stored yes does not count here.',
  'store-unavailable': 'The consent store does not answer, which reads as a no.',
  minor: 'At this age nobody can say yes alone.',
  sensitive: 'The page is about something sensitive.',
};

function nameSignal({ reading }: Reason): string {
  return reading === undefined ? 'a signal' : (SIGNAL_NAMES[reading.signal] ?? `the signal ${reading.signal}`);
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
