/**
 * Who may import whom. What is said here is explained in docs/architecture.md; test/architecture plants violations and
 * sees them caught.
 */

/** Features of a UCServer; each may use those before it, never those after it. Two in one row do not know each other. */
const features = [
  ['settings'],
  ['directory'],
  ['permissions'],
  ['licensing'],
  ['sign-in'],
  ['account'],
  ['provisioning'],
  ['presence'],
  ['contacts'],
  ['files'],
  ['phone-book'],
  ['dial-plan'],
  ['trunks'],
  ['journal'],
  ['chat', 'forwarding'],
  ['calls'],
  ['privacy'],
  ['admin'],
];

const allFeatures = features.flat();
const oneOf = (names) => `(?:${names.join('|')})`;

/** A feature imports neither a later one nor one of its own row. */
const featureOrder = features.flatMap((row, index) =>
  row.map((name) => ({
    name: `feature-order-${name}`,
    comment: `${name} may use only features before it; influence the other way goes by data: claims, events, listeners.`,
    severity: 'error',
    from: { path: `^ucserver/${name}/` },
    to: {
      path: `^ucserver/${oneOf([...row, ...features.slice(index + 1).flat()].filter((other) => other !== name).concat('-'))}/`,
    },
  })),
);

const product = '^(shared|ucserver|mediaserver|sipedge|web)/';

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one file, or need a third. Types alone may point both ways.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-found',
      comment: 'An import that leads nowhere is not checked by any other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'shared-knows-nobody',
      comment: 'What all processes use knows none of them.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(ucserver|mediaserver|sipedge|web|scripts|test|bench)/' },
    },
    {
      name: 'processes-apart',
      comment: 'UCServer, MediaServer and SIP edge speak over contracts in shared/, not through imports.',
      severity: 'error',
      from: { path: '^(ucserver|mediaserver|sipedge)/' },
      to: { path: '^(ucserver|mediaserver|sipedge|web)/', pathNot: '^$1/' },
    },
    {
      name: 'web-from-protocol-only',
      comment: 'The web knows the client protocol and nothing else of the servers.',
      severity: 'error',
      from: { path: '^web/' },
      to: {
        path: '^(?:shared|ucserver|mediaserver|sipedge|scripts|bench|test)/',
        pathNot: '^shared/(protocol/|ids\\.ts$|random-id\\.ts$)',
      },
    },
    {
      name: 'browser-safe',
      comment: 'The protocol and the pages run in browsers.',
      severity: 'error',
      from: { path: '^(shared/protocol/|shared/ids\\.ts$|shared/random-id\\.ts$|web/)', pathNot: 'vite\\.config\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'product-knows-no-tests',
      comment: 'What runs in production imports neither tests nor benches nor scripts.',
      severity: 'error',
      from: { path: product },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'production-packages-only',
      comment: 'Servers run with `npm ci --omit=dev`; the pages are built before.',
      severity: 'error',
      from: { path: '^(shared|ucserver|mediaserver|sipedge)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-root-knows-features',
      comment: 'Gateway, database and the like serve all features and know none.',
      severity: 'error',
      from: { path: '^ucserver/(gateway|http|auth|database|outbox|sip|ownership)/' },
      to: { path: `^ucserver/${oneOf(allFeatures)}/` },
    },
    {
      name: 'ownership-above-ground',
      comment: 'Ownership stands on gateway, database and the like; they do not know it.',
      severity: 'error',
      from: { path: '^ucserver/(gateway|http|auth|database|outbox|sip)/' },
      to: { path: '^ucserver/ownership/' },
    },
    {
      name: 'root-is-top',
      comment: 'Nobody imports the composition root but the programs.',
      severity: 'error',
      from: { path: '^ucserver/[^/]+/', pathNot: '^ucserver/cli/' },
      to: { path: '^ucserver/(server|main)\\.ts$' },
    },
    {
      name: 'through-the-index',
      comment: 'What a feature lets others use stands in its index.ts.',
      severity: 'error',
      from: { path: '^ucserver/([^/]+)/' },
      to: {
        path: `^ucserver/${oneOf([...allFeatures, 'ownership'])}/`,
        pathNot: ['^ucserver/$1/', '^ucserver/[^/]+/index\\.ts$'],
      },
    },
    ...featureOrder,
    {
      name: 'redis-in-stores-only',
      comment: 'Only store.ts files and shared/ talk to Redis.',
      severity: 'error',
      from: { path: product, pathNot: ['^shared/', '/store\\.ts$'] },
      to: { path: '(^|/)node_modules/ioredis/' },
    },
    {
      name: 'queries-in-repositories-only',
      comment: 'Only repository.ts files and the database folder hold queries.',
      severity: 'error',
      from: { path: product, pathNot: ['^ucserver/database/', '/repository\\.ts$'] },
      to: { path: '(^|/)node_modules/kysely/' },
    },
  ],
  options: {
    // TypeScript 7 has no compiler interface that dependency-cruiser could use; with its default parser it would read nothing.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|web/dist)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
