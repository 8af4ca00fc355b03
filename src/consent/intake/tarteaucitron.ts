import { chosenServices, parseTarteaucitron } from '../../signals/cmp/text-cookies.ts';
import { type BannerReader, choicesOf, decide, UNDECIDED } from './told.ts';

/** tarteaucitron: its `state` (service → true or false) or its cookie (`!gtag=true!youtube=wait`), under the name `tarteaucitron`. */
export const readTarteaucitron: BannerReader = (body, site) => {
  const { tarteaucitron } = body;
  if (typeof tarteaucitron === 'string') {
    const cookie = parseTarteaucitron(tarteaucitron);
    if (!cookie.ok) return null;
    return cookie.choice === null
      ? UNDECIDED
      : { decided: decide(cookie.choice.categories, cookie.choice.isComplete, site), action: 'save' };
  }
  const state = choicesOf(tarteaucitron);
  if (state === null) return null;
  const chosen = chosenServices(state);
  return chosen.size === 0 ? UNDECIDED : { decided: decide(chosen, false, site), action: 'save' };
};
