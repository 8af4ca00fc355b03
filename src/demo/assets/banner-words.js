/** What the banner says, in the form that vanilla-cookieconsent reads. */

/** Registered with its hash in the demo's configuration: this is what a yes is a yes to. */
const NOTICE = 'Halfmoon Tea would like to measure visits and show you ads. You can say no, and change your mind at any time.';

const PURPOSE_WORDS = {
  functional: 'remembers settings',
  analytics: 'counts visits',
  personalization: 'suggests tea',
  advertising: 'shows ads elsewhere',
};
export const PURPOSES = Object.keys(PURPOSE_WORDS);

const BUTTONS = { acceptAllBtn: 'Accept all', acceptNecessaryBtn: 'Reject all' };

export const BANNER_WORDS = {
  consentModal: {
    title: 'May we look over your shoulder?',
    description: NOTICE,
    ...BUTTONS,
    showPreferencesBtn: 'Let me choose',
  },
  preferencesModal: {
    title: 'Privacy choices',
    ...BUTTONS,
    savePreferencesBtn: 'Save my choice',
    closeIconLabel: 'Close',
    sections: PURPOSES.map((purpose) => ({ title: purpose, description: PURPOSE_WORDS[purpose], linkedCategory: purpose })),
  },
};
