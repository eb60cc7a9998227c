/** Arrows run one way; see docs/architecture.md. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|providers)/', pathNot: [from, ...allowed] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-unlisted-package', severity: 'error', from: {}, to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'] } },
    layer('domain-is-pure', '^src/domain/', []),
    layer('ports-know-the-domain', '^src/ports/', ['^src/domain/']),
    layer('engine-knows-ports', '^src/engine/', ['^src/domain/', '^src/ports/']),
    layer('store-knows-ports', '^src/store/', ['^src/domain/', '^src/ports/']),
    layer('audit-knows-ports', '^src/audit/', ['^src/domain/', '^src/ports/']),
    layer('kit-knows-ports', '^src/provider-kit/', ['^src/domain/', '^src/ports/']),
    layer('observability-knows-ports', '^src/observability/', ['^src/domain/', '^src/ports/', '^src/provider-kit/redact']),
    layer('config-knows-the-kit', '^src/config/', ['^src/domain/', '^src/ports/', '^src/provider-kit/']),
    layer('graphql-knows-the-engine', '^src/graphql/', ['^src/domain/', '^src/ports/', '^src/engine/']),
    layer('http-knows-graphql', '^src/http/', ['^src/domain/', '^src/ports/', '^src/engine/', '^src/graphql/', '^src/observability/']),
    layer('providers-know-the-kit', '^providers/[^/]+/', ['^src/domain/', '^src/ports/', '^src/provider-kit/']),
    {
      name: 'providers-know-no-other-provider',
      severity: 'error',
      from: { path: '^providers/([^/]+)/' },
      to: { path: '^providers/', pathNot: '^providers/$1/' },
    },
    {
      name: 'only-main-knows-the-registry',
      severity: 'error',
      from: { pathNot: '^src/main\\.ts$|^scripts/|^test/' },
      to: { path: '^providers/registry' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // Packages that ship modules alone name their entry only in "exports".
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'import', 'node', 'default'] },
    exclude: { path: '\\.test\\.ts$' },
  },
};
