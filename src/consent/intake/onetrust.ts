import { type BannerReader, decide, stringsOf } from './told.ts';

/**
 * OneTrust: the groups that are active after a choice, as `OnetrustActiveGroups` has them (`,C0001,C0002,`) or the event
 * `OneTrustGroupsUpdated` (`detail`, a list). A group that is not active was refused.
 */
export const readOneTrust: BannerReader = (body, site) => {
  const { OnetrustActiveGroups: active, detail } = body;
  const groups = typeof active === 'string' ? active.split(',').filter((group) => group !== '') : stringsOf(detail);
  if (groups === null || !groups.every((group) => /^[\w-]{1,64}$/.test(group))) return null;
  return { decided: decide(new Map(groups.map((group) => [group, true])), true, site), action: 'save' };
};
