/** What the phases from architecture to story-loop hand in for the same recipe box. */
export const REVISION = '0123456789abcdef0123456789abcdef01234567'

/** What every document of a tool says first. */
export const MEASURED = {
  tool: 'ropewalk',
  toolVersion: '1.0.0',
  argv: ['node', '--test'],
  revision: REVISION,
  outcome: 'done',
  reason: null,
} as const

export const NONE = { critical: 0, high: 0, medium: 0, low: 0, info: 0 } as const

const COMPONENT = {
  id: 'COMP-001',
  name: 'Service',
  responsibility: 'Answers requests and keeps the file.',
  kind: 'service',
  depends_on: [],
  requirements: ['REQ-001'],
  cites: ['PRD#/requirements/0'],
} as const

export const ARCHITECTURE = {
  ArchitectureDoc: {
    summary: 'One process.',
    components: [COMPONENT],
    diagrams: (['context', 'container', 'sequence', 'deployment'] as const).map((kind) => ({
      kind,
      title: `The ${kind}`,
      mermaid: 'flowchart LR\n  Cook --> Service',
    })),
    adrs: [
      {
        id: 'ADR-001',
        title: 'One file',
        status: 'accepted',
        context: 'There are few recipes.',
        decision: 'Keep them in one file.',
        alternatives: [{ name: 'A database', reason_refused: 'One more thing to run.' }],
        consequences: ['One process at a time.'],
        cites: ['NFRs#/requirements/0'],
      },
    ],
    scalability: {
      summary: 'Far above what is needed.',
      expected_users: 5,
      expected_requests_per_second: 1,
      capacity_requests_per_second: 100,
      data_growth_mb_per_month: 0.1,
      bottleneck: 'Writing the file.',
      measures: [{ text: 'Write once a second at most.', cites: ['NFRs#/requirements/0'] }],
      score: 0.9,
      cites: ['NFRs#/requirements/0'],
    },
  },
  DataModel: {
    summary: 'One entity.',
    entities: [
      {
        name: 'Recipe',
        description: 'What is cooked.',
        fields: [
          {
            name: 'title',
            type: 'string',
            is_required: true,
            is_key: false,
            is_personal_data: false,
            enum_values: [],
            description: 'What it is called.',
          },
        ],
        indexes: [{ fields: ['title'], is_unique: false, reason: 'Search.' }],
        retention: 'Until removed.',
        requirements: ['REQ-001'],
        cites: ['PRD#/requirements/0'],
      },
    ],
    relations: [],
  },
  OpenAPI: {
    openapi: '3.1.0',
    info: { title: 'Recipe box', version: '0.1.0' },
    paths: {
      '/recipes': {
        post: {
          operationId: 'addRecipe',
          summary: 'Keeps a recipe.',
          tags: ['recipes'],
          requestBody: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Recipe' } } },
          },
          responses: { '201': { description: 'Kept.' }, default: { description: 'Refused.' } },
          'x-requirements': ['REQ-001'],
        },
      },
    },
    components: { schemas: { Recipe: { type: 'object', properties: { title: { type: 'string' } } } } },
  },
  InfrastructureSpec: {
    summary: 'One machine.',
    environments: [{ name: 'home', purpose: 'Runs it.', size: '1 core.' }],
    resources: [
      {
        name: 'machine',
        kind: 'compute',
        purpose: 'Runs the service.',
        components: ['COMP-001'],
        cpu_cores: 1,
        memory_mb: 256,
        disk_mb: null,
        cites: ['ArchitectureDoc#/components/0'],
      },
    ],
    configuration: [{ variable: 'PORT', purpose: 'Where it listens.', is_secret: false, example: '8080' }],
    backup: { method: 'Copy the file.', interval_hours: 24, restore: 'Copy it back.' },
    nfrs: [{ id: 'NFR-001', met_by: 'One core.' }],
  },
  SecurityArchitecture: {
    summary: 'Trust ends at the port.',
    controls: [
      {
        id: 'CTL-001',
        name: 'Checked input',
        category: 'input-validation',
        description: 'Each body is checked.',
        threat: 'Broken data.',
        verification: 'A test sends broken bodies.',
        components: ['COMP-001'],
        cites: ['PRD#/requirements/0'],
      },
    ],
    trust_boundaries: [
      { name: 'Port', between: 'Browser and service', what_crosses: 'Requests', cites: ['PRD#/overview'] },
    ],
    data_classes: [{ name: 'Household', entities: ['Recipe'], handling: 'Stays at home.' }],
  },
  ArchitectureReview: {
    artifact: 'ArchitectureDoc',
    verdict: 'reject',
    summary: 'One thing is open.',
    findings: [{ severity: 'high', text: 'No copy.', cites: ['ArchitectureDoc#/adrs/0'], requirement: null }],
  },
} as const

export const BUILD = {
  RepoManifest: {
    kind: 'service',
    language: 'node',
    entry: 'src/main.js',
    start: ['node', 'src/main.js'],
    tests: ['test/a.test.js'],
    sources: ['src/main.js'],
    port_env: 'PORT',
    commands: { build: null, test: ['node', '--test'], lint: null },
  },
  TestSuite: {
    ...MEASURED,
    tests: [
      {
        name: 'REQ-001 keeps a recipe',
        file: 'test/a.test.js',
        outcome: 'pass',
        duration_ms: 3.2,
        requirements: ['REQ-001'],
      },
    ],
    passed: 1,
    failed: 0,
    skipped: 0,
    duration_ms: 120,
  },
  CoverageReport: {
    ...MEASURED,
    lines: { covered: 90, total: 100, percent: 90 },
    branches: null,
    functions: null,
    files: [
      { path: 'src/main.js', lines: { covered: 90, total: 100, percent: 90 }, uncovered_lines: [4, 5] },
    ],
  },
  CodeReview: { artifact: 'SourceCode', verdict: 'accept', summary: 'It does what it says.', findings: [] },
} as const

const scan = (scanner: string) => ({
  ...MEASURED,
  scanner,
  scanned_files: 3,
  parts: [],
  findings: [
    {
      id: `${scanner}:src/main.js:3`,
      rule: 'no-eval',
      severity: 'low' as const,
      title: 'Text is run as code',
      file: 'src/main.js',
      line: 3,
      package: null,
      fix: 'Parse it.',
      part: null,
      cites: ['RepoManifest#/entry'],
    },
  ],
  notes: [],
})

export const SECURITY = {
  SecretsScanReport: scan('secrets'),
  VulnerabilityScan: {
    ...scan('sca'),
    dependencies: [
      { name: 'left-pad', version: '1.3.0', scope: 'runtime', is_direct: true, license: 'WTFPL' },
    ],
  },
  SastReport: scan('sast'),
  IacReport: scan('iac'),
  ContainerReport: { ...scan('container'), outcome: 'not-run', reason: 'There is no scanner.', findings: [] },
  DastReport: scan('dast'),
  PrivacyReview: {
    summary: 'No data about people but names of authors.',
    handles_personal_data: true,
    data: [
      {
        entity: 'Recipe',
        field: 'author',
        category: 'identity',
        purpose: 'Shows who wrote it.',
        legal_basis: 'undecided',
        retention: 'Until removed.',
        cites: ['DataModel#/entities/0'],
      },
    ],
    findings: [],
    rights: [
      { right: 'erasure', how: 'Remove the recipe.', is_supported: true, cites: ['PRD#/requirements/0'] },
    ],
    open_points: [],
  },
  ThreatModel: {
    summary: 'One door.',
    assets: [{ name: 'Recipes', worth: 'Nobody could write them again.', cites: ['PRD#/overview'] }],
    threats: [
      {
        id: 'THR-001',
        title: 'Broken body',
        stride: 'tampering',
        component: 'COMP-001',
        description: 'A body breaks the file.',
        likelihood: 3,
        impact: 4,
        controls: ['CTL-001'],
        residual_risk: 'low',
        residual_reason: 'Bodies are checked.',
        cites: ['SecurityArchitecture#/controls/0'],
      },
    ],
  },
  SBOM: {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { name: 'recipe-box' } },
    components: [],
  },
  SecurityPack: {
    ...MEASURED,
    sections: [
      'secrets',
      'sca',
      'sast',
      'iac',
      'container',
      'privacy',
      'threat-model',
      'dast',
      'supply-chain',
      'waivers',
    ].map((section) => ({
      section,
      status: section === 'container' ? 'not-run' : section === 'iac' ? 'none' : 'done',
      reason: section === 'container' ? 'There is no scanner.' : null,
      artifact: section === 'sast' ? 'SastReport' : null,
      digest: section === 'sast' ? 'a'.repeat(64) : null,
      counts: section === 'sast' ? { ...NONE, low: 1 } : NONE,
    })),
    counts: { ...NONE, low: 1 },
    waivers: [
      {
        rubric: 'licences',
        owner: 'Ada',
        justification: 'One licence is unclear.',
        compensating_control: 'It is not shipped.',
        status: 'active',
        expires_at: '2026-12-01T00:00:00.000Z',
      },
    ],
  },
} as const

export const STORY_LOOP = {
  ImplementedStories: {
    ...MEASURED,
    stories: [
      {
        id: 'US-001',
        requirements: ['REQ-001'],
        status: 'done',
        tests: [{ name: 'US-001 REQ-001 keeps it', file: 'test/a.test.js' }],
        reason: null,
      },
    ],
  },
  AcceptanceTestResults: {
    ...MEASURED,
    results: [
      {
        test: 'US-001 REQ-001 keeps it',
        file: 'test/a.test.js',
        outcome: 'pass',
        stories: ['US-001'],
        requirements: ['REQ-001'],
        duration_ms: 2,
        message: null,
      },
    ],
    passed: 1,
    failed: 0,
    skipped: 0,
    pass_rate: 1,
  },
  StoryProgress: {
    ...MEASURED,
    done: ['US-001'],
    remaining: [{ id: 'US-002', reason: 'No test names it.' }],
    next: 'US-002',
  },
} as const
