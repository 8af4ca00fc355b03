/** Imports go one way (see architecture): main → cli → gateway → hit, consent/api, admin → the rooms → privacy → errors. */
const PURE =
  '^src/(signals/|privacy/|policy/(schema|compile|decide|explain|matrix|diff)[^/]*\\.ts|hit/(judge|scrub|guard)[^/]*\\.ts|consent/state\\.ts)';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/(main|index)\\.ts$|/assets/|-worker\\.ts$' },
      to: {},
    },
    { name: 'errors-at-the-bottom', severity: 'error', from: { path: '^src/errors\\.ts' }, to: { path: '^src/' } },
    {
      name: 'privacy-knows-no-policy',
      severity: 'error',
      from: { path: '^src/privacy/' },
      to: { path: '^src/', pathNot: '^src/(privacy/|errors\\.ts)' },
    },
    {
      name: 'rooms-do-not-look-up',
      severity: 'error',
      from: { path: '^src/(signals|policy|vendors|store|upstream|ops)/|^src/consent/(?!api)' },
      to: { path: '^src/(hit|admin|cli|demo|gateway)/|^src/(main|index|config|config-schema|gateway)\\.ts' },
    },
    {
      name: 'steps-do-not-look-up',
      severity: 'error',
      from: { path: '^src/(hit|admin)/|^src/consent/api' },
      to: { path: '^src/(cli|demo|gateway)/|^src/(main|index|config|config-schema|gateway)\\.ts' },
    },
    {
      name: 'gateway-does-not-look-up',
      severity: 'error',
      from: { path: '^src/(gateway|config)' },
      to: { path: '^src/(cli|demo)/|^src/(main|index)\\.ts' },
    },
    { name: 'nobody-imports-main', severity: 'error', from: {}, to: { path: '^src/main\\.ts' } },
    {
      name: 'pure-rooms-touch-no-io',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib|buffer)$' },
    },
    {
      name: 'pure-rooms-know-no-koa',
      severity: 'error',
      from: { path: PURE },
      to: { path: 'node_modules/(koa|@koa|koa-body|undici|redis|lmdb|pino)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|test)/' },
  },
};
