/** What the trackers of the page report. All people are made up, and the page is not where the browser is. */
export const MAIL = 'ada.example@mail.example';
export const CUSTOMER = 'customer-20417';
export const PAGE = `https://halfmoon-tea.example/tea/assam?utm_source=newsletter&email=${encodeURIComponent(MAIL)}&gclid=Cj0KCQiA-demo-click-7hXbQ&fbclid=IwAR2-demo-click-0Zk3xT9q`;
export const REFERRER = `https://mail.example/read?u=${encodeURIComponent(MAIL)}&message=77812`;
export const TITLE = 'Assam tea | Halfmoon Tea';
