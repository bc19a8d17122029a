/** The plan that the coders of the link shortener build by. */
const COMPONENTS = [
  ['Page', 'interface', 'Shows the form to a person.', ['COMP-002'], ['REQ-005']],
  [
    'Routes',
    'service',
    'Reads requests, refuses what is none, answers in JSON.',
    ['COMP-003'],
    ['REQ-001', 'REQ-002', 'REQ-004', 'REQ-006'],
  ],
  ['Store', 'store', 'Keeps links and their counts in memory.', [], ['REQ-003']],
] as const

const FLOW = 'flowchart LR\n  COMP-001[Page] --> COMP-002[Routes]\n  COMP-002 --> COMP-003[Store]'
const DIAGRAMS = [
  ['context', 'flowchart LR\n  Publisher --> Shortener\n  Reader --> Shortener'],
  ['container', FLOW],
  [
    'sequence',
    'sequenceDiagram\n  Reader->>Routes: GET /CODE\n  Routes->>Store: count\n  Routes-->>Reader: 302',
  ],
  ['deployment', 'flowchart TD\n  Machine --> Process'],
] as const

const ADRS = [
  [
    'Links in memory',
    'Nothing in the requirements has to outlive the process.',
    'Links are kept in a map of the process.',
    'SQLite',
    'A file and a driver for data that may be lost.',
  ],
  [
    'Random codes',
    'A code that can be guessed shows the links of others.',
    'Codes are 7 characters from 42 bits of a random source.',
    'Counting up',
    'Neighbours of a code would be guessed.',
  ],
  [
    'No package',
    'Each dependency has to be watched for advisories.',
    'The service uses what Node.js brings and nothing else.',
    'Express',
    'Five routes do not need a router.',
  ],
] as const

const LINK = {
  type: 'object',
  required: ['code', 'url', 'clicks'],
  properties: {
    code: { type: 'string', pattern: '^[A-Za-z0-9_-]{7}$' },
    url: { type: 'string' },
    clicks: { type: 'integer', minimum: 0 },
  },
}
const json = (name: string) => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
})
const FAILED = { description: 'The request is refused; the body says why.', ...json('Failure') }
const CODE = {
  name: 'code',
  in: 'path',
  required: true,
  description: 'The code of a stored link.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{7}$' },
}
const operation = (id: string, words: string, requirement: string) => ({
  operationId: id,
  summary: words,
  description: `${words} See ${requirement}.`,
  tags: ['links'],
  'x-requirements': [requirement],
})

export const ARCHITECTURE = {
  ArchitectureDoc: {
    summary: 'One process with a page, routes and a store in memory.',
    components: COMPONENTS.map(([name, kind, responsibility, dependsOn, requirements], index) => ({
      id: `COMP-00${String(index + 1)}`,
      name,
      responsibility,
      kind,
      depends_on: dependsOn,
      requirements,
      cites: ['PRD#/overview'],
    })),
    diagrams: DIAGRAMS.map(([kind, mermaid]) => ({ kind, title: `The ${kind}`, mermaid })),
    adrs: ADRS.map(([title, context, decision, name, reason], index) => ({
      id: `ADR-00${String(index + 1)}`,
      title,
      status: 'accepted',
      context,
      decision,
      alternatives: [{ name, reason_refused: reason }],
      consequences: ['A later release may have to decide this anew.'],
      cites: ['NFRs#/requirements/3'],
    })),
    scalability: {
      summary: 'One process bears five times what is expected.',
      expected_users: 1000,
      expected_requests_per_second: 20,
      capacity_requests_per_second: 100,
      data_growth_mb_per_month: 1,
      bottleneck: 'The one thread of the process.',
      measures: [
        { text: 'The store answers from a map.', cites: ['NFRs#/requirements/1'] },
        { text: 'Bodies end at 10,000 bytes.', cites: ['PRD#/nonfunctional/1'] },
      ],
      score: 0.95,
      cites: ['NFRs#/requirements/1'],
    },
  },
  DataModel: {
    summary: 'One entity.',
    entities: [
      {
        name: 'Link',
        description: 'An address with its code and its count.',
        fields: [
          ['code', 'string', 'Seven characters that name the link.'],
          ['url', 'string', 'The address in its normal form.'],
          ['clicks', 'integer', 'How often it was followed.'],
        ].map(([name, type, description], index) => ({
          name,
          type,
          is_required: true,
          is_key: index === 0,
          is_personal_data: false,
          enum_values: [],
          description,
        })),
        indexes: [{ fields: ['code'], is_unique: true, reason: 'Each request finds a link by its code.' }],
        retention: 'Until the process ends.',
        requirements: ['REQ-001', 'REQ-002', 'REQ-003', 'REQ-006'],
        cites: ['PRD#/requirements/0'],
      },
    ],
    relations: [],
  },
  OpenAPI: {
    openapi: '3.1.0',
    info: {
      title: 'Link shortener',
      version: '0.1.0',
      description: 'Stores links, redirects from their codes, counts the redirects.',
      contact: { name: 'The publisher who runs it' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'links', description: 'Links and their counts.' }],
    paths: {
      '/': {
        get: {
          ...operation('showPage', 'Shows the page.', 'REQ-005'),
          responses: {
            '200': { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } },
          },
        },
      },
      '/links': {
        post: {
          ...operation('createLink', 'Stores an address.', 'REQ-001'),
          'x-requirements': ['REQ-001', 'REQ-004'],
          requestBody: { required: true, ...json('NewLink') },
          responses: { '201': { description: 'The stored link.', ...json('Link') }, '400': FAILED },
        },
        get: {
          ...operation('listLinks', 'Lists the stored links.', 'REQ-006'),
          responses: { '200': { description: 'All links.', ...json('Links') } },
        },
      },
      '/links/{code}': {
        get: {
          ...operation('readLink', 'Shows a link with its count.', 'REQ-003'),
          parameters: [CODE],
          responses: { '200': { description: 'The link.', ...json('Link') }, '404': FAILED },
        },
      },
      '/{code}': {
        get: {
          ...operation('followLink', 'Redirects to the stored address.', 'REQ-002'),
          parameters: [CODE],
          responses: {
            '302': {
              description: 'The address stands in Location.',
              headers: { Location: { description: 'The stored address.', schema: { type: 'string' } } },
            },
            '404': FAILED,
          },
        },
      },
    },
    components: {
      schemas: {
        Link: LINK,
        NewLink: {
          type: 'object',
          required: ['url'],
          properties: { url: { type: 'string', examples: ['https://example.com/a'] } },
          example: { url: 'https://example.com/a' },
        },
        Links: {
          type: 'object',
          required: ['links'],
          properties: { links: { type: 'array', items: { $ref: '#/components/schemas/Link' } } },
        },
        Failure: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
      },
    },
  },
  InfrastructureSpec: {
    summary: 'One machine with one process.',
    environments: [{ name: 'home', purpose: 'Serves readers.', size: '1 core, 256 MB.' }],
    resources: [
      {
        name: 'machine',
        kind: 'compute',
        purpose: 'Runs the process.',
        components: ['COMP-001', 'COMP-002', 'COMP-003'],
        cpu_cores: 1,
        memory_mb: 256,
        disk_mb: 100,
        cites: ['ArchitectureDoc#/components/1'],
      },
    ],
    configuration: [
      { variable: 'PORT', purpose: 'Where the service listens.', is_secret: false, example: '8080' },
    ],
    backup: {
      method: 'None: links live in memory, and publishers keep their addresses.',
      interval_hours: null,
      restore: 'Each address is shortened again.',
    },
    nfrs: [{ id: 'NFR-001', met_by: 'One core.' }],
  },
  SecurityArchitecture: {
    summary: 'Nothing that comes over the wire is trusted.',
    controls: [
      [
        'Addresses are parsed',
        'input-validation',
        'A url is parsed and kept when it is http or https.',
        'REQ-004',
      ],
      [
        'Bodies end',
        'availability',
        'A request body above 10,000 bytes is refused.',
        'a body of 10,001 bytes',
      ],
      ['Answers say their type', 'output-encoding', 'Each answer has a type and nosniff.', 'the headers'],
      ['Codes are drawn at random', 'cryptography', 'Each code comes from a random source.', 'two codes'],
      ['No package is used', 'supply-chain', 'The manifest names no dependency.', 'the bill of materials'],
    ].map(([name, category, description, what], index) => ({
      id: `CTL-00${String(index + 1)}`,
      name,
      category,
      description,
      threat: `Somebody gets past: ${String(name).toLowerCase()}.`,
      verification: `A test looks at ${String(what)}.`,
      components: ['COMP-001', 'COMP-002', 'COMP-003'],
      cites: ['PRD#/requirements/3'],
    })),
    trust_boundaries: [
      {
        name: 'Port',
        between: 'Browser and process',
        what_crosses: 'Requests of anybody.',
        cites: ['ArchitectureDoc#/components/1'],
      },
    ],
    data_classes: [{ name: 'Public', entities: ['Link'], handling: 'Anybody with the code may read it.' }],
  },
} as const

export const SECURITY = {
  PrivacyReview: {
    summary: 'Links hold addresses and counts, and nothing about who followed them.',
    handles_personal_data: false,
    data: [],
    findings: [
      {
        title: 'Addresses may carry names',
        severity: 'low',
        text: 'A query string may hold a name that its publisher put there.',
        recommendation: 'Say so where the address is typed.',
        cites: ['DataModel#/entities/0'],
      },
    ],
    rights: [],
    open_points: [],
  },
  ThreatModel: {
    summary: 'What comes over the port may be anything.',
    assets: [{ name: 'Counts', worth: 'Publishers decide by them.', cites: ['PRD#/requirements/2'] }],
    threats: [
      [
        'A script address is stored',
        'elevation-of-privilege',
        'A code leads to code that runs in a page.',
        'CTL-001',
      ],
      ['A body without end', 'denial-of-service', 'A client sends bytes until memory is used up.', 'CTL-002'],
      [
        'Codes are guessed',
        'information-disclosure',
        'Somebody walks through the codes of others.',
        'CTL-004',
      ],
    ].map(([title, stride, description, control], index) => ({
      id: `THR-00${String(index + 1)}`,
      title,
      stride,
      component: 'COMP-002',
      description,
      likelihood: 3,
      impact: 4,
      controls: [control],
      residual_risk: 'low',
      residual_reason: `The control ${String(control)} stands against it.`,
      cites: ['SecurityArchitecture#/controls/0'],
    })),
  },
} as const
