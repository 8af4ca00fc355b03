/** A yes-or-no parameter as trackers write it. */
export function readFlagValue(value: string): 'set' | 'unset' | 'unreadable' {
  switch (value.trim().toLowerCase()) {
    case '1':
    case 'true':
    case 'yes':
      return 'set';
    case '':
    case '0':
    case 'false':
    case 'no':
      return 'unset';
    default:
      return 'unreadable';
  }
}
