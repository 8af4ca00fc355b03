/** The last decisions, without identifiers, for the admin API and the dashboard. */
import type { Facts } from '../policy/policy.ts';
import type { ScrubEntry, ScrubReport } from '../privacy/report.ts';
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import { type DecisionLine, describeDecision } from './evidence-log-line.ts';

/** Enough to see what happens now; the decision log holds the rest. */
const KEPT = 500;
/** Of a report that is written over; a longer one, of a hit with many fields, is kept as it came. */
const MOST_ENTRIES = 256;
const NOTHING: ScrubReport = [];
const NOWHERE: Facts['region'] = { country: 'ZZ', subdivision: null, source: 'none', disagrees: null };

type Writable<Of> = { -readonly [Key in keyof Of]: Of[Key] };

/**
 * Room for what a decision is described by, written over again and again. Kept as they come, the objects of a quiet hour would teach V8 that
 * those of a hit live long: it would make them among the old ones from then on, and under load the collector would run for them.
 */
interface Slot {
  readonly evidence: Writable<HitEvidence>;
  readonly facts: Writable<Facts>;
  /** What scrub did, as far as `entries` says. */
  readonly report: ScrubEntry[];
  entries: number;
}

function writeFacts(to: Writable<Facts>, from: Facts): Facts {
  to.region = from.region;
  to.record = from.record;
  to.denied = from.denied;
  to.signals = from.signals;
  to.label = from.label;
  to.sensitive = from.sensitive;
  to.age = from.age;
  to.tcfVendor = from.tcfVendor;
  to.isPublisher = from.isPublisher === true;
  return to;
}

function writeReport(slot: Slot, { report }: HitEvidence): void {
  slot.entries = Math.min(report.length, MOST_ENTRIES);
  for (let i = 0; i < slot.entries; i++) slot.report[i] = report[i] as ScrubEntry;
  slot.evidence.report = report.length > MOST_ENTRIES ? report : NOTHING;
}

function write(slot: Slot, from: HitEvidence): void {
  const { evidence: to, facts } = slot;
  to.at = from.at;
  to.route = from.route;
  to.vendor = from.vendor;
  to.method = from.method;
  to.region = from.region;
  to.judgement = from.judgement;
  to.facts = from.facts === null ? null : writeFacts(facts, from.facts);
  to.gate = from.gate;
  to.action = from.action;
  to.outcome = from.outcome;
  to.fault = from.fault;
  to.found = from.found;
  to.revision = from.revision;
  writeReport(slot, from);
}

/** As it was recorded. */
function read({ evidence, report, entries }: Slot): HitEvidence {
  return evidence.report === NOTHING ? { ...evidence, report: report.slice(0, entries) } : evidence;
}

/** All of one shape, whatever is written first. */
function createSlot(): Slot {
  return {
    evidence: {
      at: 0,
      route: '',
      vendor: '',
      method: '',
      region: null,
      judgement: null,
      facts: null,
      gate: 0,
      action: null,
      outcome: 'dropped',
      fault: null,
      report: NOTHING,
      found: null,
      revision: '',
    },
    facts: {
      region: NOWHERE,
      record: null,
      denied: 0,
      signals: [],
      label: null,
      sensitive: false,
      age: null,
      tcfVendor: null,
      isPublisher: false,
    },
    report: [],
    entries: 0,
  };
}

/** Keeps what is needed to describe a decision, and describes it when somebody asks. */
export class RecentDecisions implements EvidenceSink {
  readonly #ring: Slot[] = [];
  #next = 0;

  record(evidence: HitEvidence): void {
    let slot = this.#ring[this.#next];
    if (slot === undefined) {
      slot = createSlot();
      this.#ring[this.#next] = slot;
    }
    write(slot, evidence);
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The newest first. */
  list(limit: number): DecisionLine[] {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse();
    return ordered.slice(0, limit).map((slot) => describeDecision(read(slot), 1));
  }
}
