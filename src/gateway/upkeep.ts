/** The daily upkeep of the records as the configuration wants it, told to the log. */
import type { Config } from '../config.ts';
import { Upkeep } from '../consent/upkeep.ts';
import { describeError, type Logger } from '../ops/log.ts';
import type { PolicySet } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';

export interface UpkeepParts {
  readonly config: Config;
  readonly store: ConsentStore;
  readonly log: Logger;
  policies(): PolicySet;
  now(): number;
}

/** Not begun yet. Records in memory need none: they end with the process. */
export function buildUpkeep({ config, store, log, policies, now }: UpkeepParts): Upkeep {
  const { anchor, retain } = config.consent;
  const isKept = config.store !== 'memory:';
  return new Upkeep({
    store,
    anchorFolder: isKept ? anchor.dir : null,
    retainMs: isKept ? retain : null,
    policies,
    now,
    anchored: ({ path, subjects, root }) =>
      log.info(
        { path, subjects, root },
        'anchored the consent records; kept elsewhere, the file vouches for them as they are today',
      ),
    retired: (count) => log.info({ count }, 'erased the consent records that were kept long enough'),
    failed: (error) =>
      log.error(
        { error: describeError(error) },
        'the daily upkeep of the consent records failed and is tried again within the hour',
      ),
  });
}
