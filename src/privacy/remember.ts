/** Longer texts are worked on anew each time: memory stays bounded, and few of them come twice. */
const MAX_LENGTH = 512;

/** The same text in memory of its own: what is cut out of a query keeps the whole query alive. */
export function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/**
 * The same function of a text, with what it said of earlier texts kept by exact text: for names and headers, of which the same few come with
 * every hit. At most `capacity` texts of at most `maxLength` characters; when they are full, all are forgotten.
 */
export function remember<Answer extends NonNullable<unknown> | null>(
  answer: (text: string) => Answer,
  capacity: number,
  maxLength = MAX_LENGTH,
): (text: string) => Answer {
  const answers = new Map<string, Answer>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    if (text.length > maxLength) return answer(text);
    if (answers.size >= capacity) answers.clear();
    const own = detach(text);
    const found = answer(own);
    answers.set(own, found);
    return found;
  };
}
