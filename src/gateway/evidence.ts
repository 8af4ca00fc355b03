/** The decision log of the configuration, beside the metrics: who is told of every hit, and who is asked before one leaves. */
import type { Config } from '../config.ts';
import type { Admission, EvidenceSink } from '../ops/evidence.ts';
import { EvidenceLog } from '../ops/evidence-log.ts';
import { GuardAlarm } from '../ops/guard-alarm.ts';
import { describeError, type Logger } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import { openTraces } from '../ops/traces.ts';

export interface EvidenceParts {
  readonly metrics: Metrics;
  readonly log: Logger;
  now(): number;
}

export interface OpenEvidence {
  readonly sink: EvidenceSink;
  /** Only where evidence is required. */
  readonly admit?: Admission;
  close(): Promise<void>;
}

export async function openEvidence(config: Config, { metrics, log, now }: EvidenceParts): Promise<OpenEvidence> {
  const { mode, dir, retain } = config.evidence;
  const traces = openTraces(process.env, { now, log });
  const told: EvidenceSink[] = [metrics, new GuardAlarm(log), ...(traces === null ? [] : [traces])];
  if (mode === 'off') return { sink: tellAll(told), close: async () => traces?.close() };
  const decisions = await EvidenceLog.open({
    mode,
    folder: dir,
    retainMs: retain,
    now,
    lost: (count) => metrics.evidenceLost.inc(count),
    failing(error) {
      metrics.evidenceFailing.set(error === null ? 0 : 1);
      if (error === null) log.info('the decision log is written again');
      else
        log.error(
          { error: describeError(error), dir, mode },
          'the decision log cannot be written: look at the disk and at evidence.dir',
        );
    },
  });
  return {
    sink: tellAll([...told, decisions]),
    ...(mode === 'required' && { admit: (evidence) => decisions.admit(evidence) }),
    async close() {
      await traces?.close();
      await decisions.close();
      const { chain } = decisions;
      if (chain !== null) log.info({ chain }, 'the decision log ends here; noted elsewhere, this value vouches for all of it');
    },
  };
}

function tellAll(sinks: readonly EvidenceSink[]): EvidenceSink {
  return {
    record(evidence) {
      for (const sink of sinks) sink.record(evidence);
    },
  };
}
