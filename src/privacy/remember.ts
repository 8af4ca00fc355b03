/** Longer texts are worked on anew each time: memory stays bounded, and few of them come twice. */
const MAX_LENGTH = 512;

/** Of less characters V8 makes a copy when it cuts them out. */
const LEAST_SLICED = 13;

/** The same text in memory of its own: what is cut out of a query keeps the whole query alive. */
export function detach(text: string): string {
  return text.length < LEAST_SLICED ? text : (JSON.parse(JSON.stringify(text)) as string);
}

interface Entry<Answer> {
  readonly text: string;
  readonly answer: Answer;
  /** What was asked for behind it last time. */
  next: Entry<Answer> | null;
}

/**
 * The same function of a text, with what it said of earlier texts kept by exact text: for names and headers, of which the same few come with
 * every hit. At most `capacity` texts of at most `maxLength` characters; when they are full, all are forgotten. They also come in the same
 * order, so the text that came behind the last one before is compared first, which costs less than a look-up.
 */
export function remember<Answer extends NonNullable<unknown> | null>(
  answer: (text: string) => Answer,
  capacity: number,
  maxLength = MAX_LENGTH,
): (text: string) => Answer {
  const entries = new Map<string, Entry<Answer>>();
  let last: Entry<Answer> | null = null;

  const add = (text: string): Entry<Answer> => {
    const own = detach(text);
    const entry: Entry<Answer> = { text: own, answer: answer(own), next: null };
    if (entries.size >= capacity) {
      entries.clear();
      last = null;
    }
    entries.set(own, entry);
    return entry;
  };

  return (text) => {
    let entry = last === null ? null : last.next;
    if (entry === null || entry.text !== text) {
      if (text.length > maxLength) return answer(text);
      entry = entries.get(text) ?? add(text);
      if (last !== null) last.next = entry;
    }
    last = entry;
    return entry.answer;
  };
}
