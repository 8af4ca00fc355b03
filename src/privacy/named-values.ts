/**
 * Values of JSON that stand beside their names: `{"name":"customer_no","value":"K-7744"}`, `{"key":"city","value":{"stringValue":"Berlin"}}`
 * (OpenTelemetry's attributes), `[["last_name","Brandt"]]`, `["last_name","Brandt"]`.
 */
import type { JsonKind } from './carriers/json.ts';
import type { CarrierClass } from './report.ts';

/** Names of click ids that nothing else goes by, as they stand as values. */
export const CLICK_ID_NAMES =
  /^(?:[a-z]*clk?id|[gw]braid|li_fat_id|epik|rdt_cid|ScCid|igshid|dicbo|tblci|_?fb[cp]|_gcl_[a-z]{2})$/;
const MIN_ID = 16;
const NAMING = /(?:^|\.)(?:name|key|k|n|field|property|attribute|param|parameter)$/i;
const VALUE = /(?:^|\.)(?:value|val|v|content)(?:\.(?:string|int|double)_?value)?$/i;
/** Of several words: `last_name`, `customerNo`. One word alone is a word in a list as well: `["mobile","sale"]`. */
const COMPOUND = /^[A-Za-z]+(?:[_-][A-Za-z]|[a-z][A-Z])[\w-]*$/;
/** Behind another name, `email` is one more of a list of names. */
const WORD = /^[a-z]+$/;

/** Path of the object in which the member at a path says the name of another; null where it says none. */
export function objectOfName(path: string): string | null {
  return NAMING.test(path) ? path.replace(NAMING, '') : null;
}

/** Path of the object in which the member at a path is the value of that name; null where it is none. */
export function objectOfValue(path: string): string | null {
  return VALUE.test(path) ? path.replace(VALUE, '') : null;
}

/** An amount or a count: names of events and products stand beside those. */
function isAmount(value: string, kind: JsonKind): boolean {
  return kind === 'number' && (value.length < 4 || value.includes('.'));
}

/** What counts of where a value stands. */
export interface Place {
  readonly path: string;
  readonly nameIn: string | null;
  readonly valueIn: string | null;
  readonly plan: { readonly isOpen: boolean };
}

interface Said {
  /** Path of the object or list. */
  readonly within: string;
  readonly class: CarrierClass;
}

/** A value that stayed because the name beside it came later. */
interface Early<Member> {
  readonly within: string;
  readonly member: Member;
  readonly value: string;
  /** Class of the name, once that is said. */
  carrier: CarrierClass | null;
}

/** Follows one document: told of its containers and values in their order, it knows which value stands beside which name. */
export class NamedValues<Member extends Place> {
  private readonly classOf: (name: string) => CarrierClass | null;
  private readonly opened: string[] = [];
  private isFirst = false;
  private said: Said | null = null;
  /** Path of a list of names and values in turn. */
  private turns: string | null = null;
  private early: Early<Member> | null = null;

  constructor(classOf: (name: string) => CarrierClass | null) {
    this.classOf = classOf;
  }

  open(path: string): void {
    this.opened.push(path);
    this.isFirst = true;
  }

  /** @returns somebody's value that stood before its name in this object: it is too late to remove it alone */
  close(path: string): (Early<Member> & { carrier: CarrierClass }) | null {
    this.opened.pop();
    this.isFirst = false;
    const { early } = this;
    if (this.said?.within === path) this.said = null;
    if (this.turns === path) this.turns = null;
    if (early?.within !== path) return null;
    this.early = null;
    return early.carrier === null ? null : { ...early, carrier: early.carrier };
  }

  /** The class that a value has by the name said beside it, or null. */
  read(member: Member, value: string, kind: JsonKind): CarrierClass | null {
    const { isFirst } = this;
    this.isFirst = false;
    const { nameIn, valueIn, path } = member;
    if (nameIn !== null) this.readName(member, nameIn, value, kind);
    else if (valueIn !== null && kind !== 'null' && member.plan.isOpen) return this.readValue(member, valueIn, value, kind);
    else if (path === this.opened[this.opened.length - 1]) return this.readElement(member, value, kind, isFirst);
    return null;
  }

  /** For a value that is neither a name nor the value of one, and no element: as if it had been read. */
  pass(): void {
    this.isFirst = false;
  }

  private readName({ plan }: Member, within: string, value: string, kind: JsonKind): void {
    const carrier = kind === 'string' ? this.classOf(value) : null;
    this.said = carrier === null ? null : { within, class: carrier };
    if (plan.isOpen && this.early?.within === within) this.early.carrier = carrier;
  }

  private readValue(member: Member, within: string, value: string, kind: JsonKind): CarrierClass | null {
    const said = this.said?.within === within ? this.said.class : null;
    if (isAmount(value, kind) && said !== 'click-id') return null;
    if (said !== null) return said;
    this.early = { within, member, value, carrier: null };
    return null;
  }

  /** In a list of lists, the first of two is a name; in a list, what can be nothing else. */
  private readElement({ path, plan }: Member, value: string, kind: JsonKind, isFirst: boolean): CarrierClass | null {
    const { said } = this;
    const isPair = path === this.opened[this.opened.length - 2];
    const isSaid = said?.within === path;
    const mayName =
      kind === 'string' &&
      (isPair
        ? isFirst
        : this.turns === path || COMPOUND.test(value) || CLICK_ID_NAMES.test(value) || (isSaid && WORD.test(value)));
    const carrier = mayName ? this.classOf(value) : null;
    this.said = carrier === null ? null : { within: path, class: carrier };
    // A list of names of click ids holds no ids.
    if (said?.class === 'click-id' && !isPair && value.length < MIN_ID) return null;
    if (!isSaid || carrier !== null || !plan.isOpen || kind === 'null' || isAmount(value, kind)) return null;
    this.turns = path;
    return said.class;
  }
}

export function placeAt(path: string): Place {
  return { path, nameIn: objectOfName(path), valueIn: objectOfValue(path), plan: { isOpen: true } };
}
