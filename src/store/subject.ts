/** What a subject can look like: base64url, or with a dot that of an external id. Whatever else somebody asks for is nobody. */
const SUBJECT = /^[\w.-]{1,128}$/;

/** Keeps from the stores what their keys cannot hold: lmdb refuses long ones, and a brace would move Redis' hash tag. */
export function isSubject(text: string): boolean {
  return SUBJECT.test(text);
}
