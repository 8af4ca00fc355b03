/** Decisions as a banner posts them. */
import type { TestGateway } from './gateway.ts';

const EVERYTHING = { functional: true, analytics: true, personalization: true, advertising: true };

export interface PostedDecision {
  country?: string;
  region?: string;
  purposes?: Record<string, boolean>;
  action?: string;
  notice?: string;
  /** Consent cookie of an earlier answer. */
  cookie?: string;
}

/** Posts a decision from the page's own origin. @returns the consent cookie, as `name=value`. */
export async function decide(test: TestGateway, decision: PostedDecision): Promise<string> {
  const { country = 'DE', region, purposes, action = 'save', notice, cookie } = decision;
  const answer = await test.send({
    method: 'POST',
    target: '/consent',
    headers: [
      ['Content-Type', 'application/json'],
      ['Sec-Fetch-Site', 'same-origin'],
      ['x-test-country', country],
      ...(region === undefined ? [] : [['x-test-region', region] as const]),
      ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
    ],
    body: JSON.stringify({ purposes, action, ...(notice !== undefined && { notice: { version: notice, language: 'en' } }) }),
  });
  if (answer.status !== 201 && answer.status !== 200)
    throw new Error(`POST /consent: ${answer.status} ${answer.body.toString()}`);
  return (answer.header('set-cookie') ?? '').split(';')[0] ?? '';
}

export function grantEverything(
  test: TestGateway,
  where: { country: string; region?: string; notice?: string },
): Promise<string> {
  return decide(test, { ...where, purposes: EVERYTHING, action: 'accept_all' });
}
