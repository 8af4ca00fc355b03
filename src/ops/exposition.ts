/** Reads the text that `/metrics` answers with (Prometheus exposition format 0.0.4): one process or many, it says the same. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** Samples by the name of their metric, of those whose name begins with `prefix`. */
export function readExposition(text: string, prefix = ''): Map<string, Sample[]> {
  const metrics = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(prefix)) continue;
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name = '', labels = '', value] = match;
    const samples = metrics.get(name);
    const sample = { labels: readLabels(labels), value: Number(value) };
    if (samples === undefined) metrics.set(name, [sample]);
    else samples.push(sample);
  }
  return metrics;
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [
      name,
      value.replace(/\\[\\"n]/g, (escaped) => ESCAPES[escaped] ?? escaped),
    ]),
  );
}
