import type { z } from 'zod'
import type { DOCUMENTS } from '@ropewalk/core/contract/documents'

type Given<N extends keyof typeof DOCUMENTS> = z.input<(typeof DOCUMENTS)[N]>

const cites = ['Idea#/text']

const nfr = (
  number: number,
  target: number,
  unit: string,
  operator: 'at-most' | 'at-least',
  category: 'performance' | 'capacity',
) => ({
  id: `NFR-00${number}`,
  category,
  statement: 'The service answers in time.',
  measure: `${target} ${unit}`,
  operator,
  target,
  unit,
  verified_by: 'The load report.',
  cites,
})

export const NFRS = {
  summary: 'Two figures.',
  requirements: [
    nfr(1, 200, 'ms', 'at-most', 'performance'),
    nfr(2, 100, 'requests/s', 'at-least', 'capacity'),
  ],
} satisfies Given<'NFRs'>

const adr = (number: number, title: string) => ({
  id: `ADR-00${number}`,
  title,
  status: 'accepted' as const,
  context: `The question of ${title} comes up with the first link.`,
  decision: `We take the simplest answer to ${title} that can be changed later.`,
  alternatives: [{ name: 'A hosted one', reason_refused: 'It would cost money and leave the house.' }],
  consequences: ['Moving to a second machine takes a day.'],
  cites: ['PRD#/overview'],
})

const CONTAINER = `flowchart LR
  reader["Reader (browser)"] --> api[HTTP interface]
  api --> links[Link service]
  links --> store[(Link store)]`

export const ARCHITECTURE = {
  summary: 'Three parts in one process.',
  components: [
    {
      id: 'COMP-001',
      name: 'HTTP interface',
      responsibility: 'Answers.',
      kind: 'interface',
      depends_on: ['COMP-002'],
      requirements: ['REQ-001', 'REQ-002'],
      cites: ['PRD#/overview'],
    },
    {
      id: 'COMP-002',
      name: 'Link service',
      responsibility: 'Makes codes.',
      kind: 'service',
      depends_on: ['COMP-003'],
      requirements: ['REQ-001'],
      cites: ['PRD#/overview'],
    },
    {
      id: 'COMP-003',
      name: 'Link store',
      responsibility: 'Keeps links.',
      kind: 'store',
      depends_on: [],
      requirements: ['REQ-002'],
      cites: ['PRD#/overview'],
    },
  ],
  diagrams: [
    {
      kind: 'context',
      title: 'Around it',
      mermaid: 'flowchart LR\n  writer((Writer)) --> shortener[Link shortener]',
    },
    { kind: 'container', title: 'Its parts', mermaid: CONTAINER },
    {
      kind: 'sequence',
      title: 'Shorten',
      mermaid: 'sequenceDiagram\n  Writer->>HTTP interface: POST /links :)\n  HTTP interface-->>Writer: 201',
    },
    {
      kind: 'deployment',
      title: 'Where it runs',
      mermaid:
        'flowchart TB\n  subgraph machine [Machine at home]\n    node[Node process] --> disk[(Disk)]\n  end',
    },
  ],
  adrs: [adr(1, 'storage'), adr(2, 'codes'), adr(3, 'language')],
  scalability: {
    summary: 'One process is enough.',
    expected_users: 50,
    expected_requests_per_second: 50,
    capacity_requests_per_second: 200,
    data_growth_mb_per_month: 10,
    bottleneck: 'The disk.',
    measures: [
      { text: 'Links are read from memory.', cites: ['PRD#/requirements/1/statement'] },
      { text: 'Writes are put together.', cites: ['PRD#/requirements/0/statement'] },
    ],
    score: 0.9,
    cites: ['PRD#/nonfunctional/0'],
  },
} satisfies Given<'ArchitectureDoc'>

const resource = (name: string, kind: 'compute' | 'storage', disk: number | null) => ({
  name,
  kind,
  purpose: 'Runs it.',
  components: ['COMP-001'],
  cpu_cores: 1,
  memory_mb: 512,
  disk_mb: disk,
  cites: ['PRD#/overview'],
})

export const INFRASTRUCTURE = {
  summary: 'One machine.',
  environments: [{ name: 'home', purpose: 'All of it.', size: '1 core' }],
  resources: [resource('Machine', 'compute', null), resource('Disk', 'storage', 1000)],
  configuration: [{ variable: 'PORT', purpose: 'Where it listens.', is_secret: false, example: '8080' }],
  backup: { method: 'A copy each night.', interval_hours: 24, restore: 'Copy it back.' },
} satisfies Given<'InfrastructureSpec'>

type Field = Given<'DataModel'>['entities'][number]['fields'][number]
const field = (name: string, type: Field['type'], change: Partial<Field> = {}): Field => ({
  name,
  type,
  is_required: true,
  is_key: false,
  is_personal_data: false,
  description: `The ${name}.`,
  ...change,
})

export const DATA_MODEL = {
  summary: 'Links and their visits.',
  entities: [
    {
      name: 'Link',
      description: 'A kept link.',
      fields: [
        field('code', 'string', { is_key: true }),
        field('url', 'string'),
        field('state', 'enum', { enum_values: ['open', 'closed'] }),
        field('created_at', 'datetime'),
        field('owner_email', 'string', { is_required: false, is_personal_data: true }),
      ],
      indexes: [{ fields: ['url'], is_unique: false, reason: 'To find a link again.' }],
      retention: 'Kept until its writer deletes it.',
      requirements: ['REQ-001'],
      cites: ['PRD#/overview'],
    },
    {
      name: 'Visit',
      description: 'One visit.',
      fields: [
        field('id', 'uuid', { is_key: true }),
        field('link_code', 'string'),
        field('seconds', 'integer'),
      ],
      indexes: [],
      retention: 'Kept for 90 days.',
      requirements: ['REQ-002'],
      cites: ['PRD#/overview'],
    },
  ],
  relations: [
    { from: 'Link', to: 'Visit', kind: 'one-to-many', description: 'Has visits.', on_delete: 'cascade' },
  ],
} satisfies Given<'DataModel'>

const problem = { description: 'Refused.', content: { 'application/json': { schema: { type: 'object' } } } }

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Link shortener', version: '1.0.0', description: 'Keeps links.' },
  servers: [{ url: 'http://localhost:8080' }],
  tags: [{ name: 'links', description: 'Links.' }],
  paths: {
    '/links': {
      post: {
        operationId: 'shortenLink',
        description: 'Keeps a link.',
        tags: ['links'],
        'x-requirements': ['REQ-001'],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewLink' } } },
        },
        responses: {
          '201': {
            description: 'Kept.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Link' } } },
          },
          '400': problem,
        },
      },
    },
    '/{code}': {
      get: {
        operationId: 'followLink',
        description: 'Leads to the kept link.',
        tags: ['links'],
        'x-requirements': ['REQ-002'],
        parameters: [{ name: 'code', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          '302': { description: 'Over there.' },
          '404': problem,
          default: {
            description: 'A visit.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Visit' } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      NewLink: { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] },
      Link: {
        type: 'object',
        properties: {
          code: { type: 'string' },
          url: { type: 'string' },
          state: { $ref: '#/components/schemas/State' },
          created_at: { type: 'string', format: 'date-time' },
          owner_email: { type: ['string', 'null'] },
        },
      },
      State: { type: 'string', enum: ['open', 'closed'] },
      Visit: {
        allOf: [
          { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } },
          { type: 'object', properties: { link_code: { type: 'string' }, seconds: { type: 'integer' } } },
        ],
      },
    },
  },
} satisfies Given<'OpenAPI'>

type Control = Given<'SecurityArchitecture'>['controls'][number]
const control = (
  number: number,
  name: string,
  category: Control['category'],
  components: string[],
): Control => ({
  id: `CTL-00${number}`,
  name,
  category,
  description: `${name} before anything else happens.`,
  threat: 'Someone means harm.',
  verification: `A test tries ${name.toLowerCase()} from outside.`,
  components,
  cites: ['PRD#/overview'],
})

export const SECURITY = {
  summary: 'Five controls.',
  controls: [
    control(1, 'Refuse private addresses', 'input-validation', ['COMP-001']),
    control(2, 'Escape what a page shows', 'output-encoding', ['COMP-001']),
    control(3, 'Limit requests of one address', 'availability', ['COMP-001', 'COMP-002']),
    control(4, 'Write the file with mode 0600', 'data-protection', ['COMP-003']),
    control(5, 'Log who deleted what', 'logging', ['COMP-002']),
  ],
  trust_boundaries: [
    { name: 'Network', between: 'Reader and service.', what_crosses: 'HTTP.', cites: ['PRD#/overview'] },
  ],
  data_classes: [{ name: 'People', entities: ['Link'], handling: 'Never logged.' }],
} satisfies Given<'SecurityArchitecture'>

type Threat = Given<'ThreatModel'>['threats'][number]
const threat = (number: number, title: string, stride: Threat['stride'], controls: string[]): Threat => ({
  id: `THR-00${number}`,
  title,
  stride,
  component: 'COMP-001',
  description: `${title} by a stranger on the network.`,
  likelihood: 4,
  impact: 3,
  controls,
  residual_risk: 'low',
  residual_reason: 'The control stands before it.',
  cites: ['PRD#/overview'],
})

export const THREATS = {
  summary: 'Three threats.',
  assets: [{ name: 'Links', worth: 'They are what writers trust us with.', cites: ['PRD#/overview'] }],
  threats: [
    threat(1, 'A link to an inner address', 'information-disclosure', ['CTL-001']),
    threat(2, 'A flood of new links', 'denial-of-service', ['CTL-003']),
    threat(3, 'A script in a title', 'tampering', ['CTL-002']),
  ],
} satisfies Given<'ThreatModel'>

export const PRIVACY = {
  summary: 'One field about people.',
  handles_personal_data: true,
  data: [
    {
      entity: 'Link',
      field: 'owner_email',
      category: 'contact',
      purpose: 'To write back.',
      legal_basis: 'consent',
      retention: 'Until deleted.',
      cites: ['DataModel#/entities/0'],
    },
  ],
  findings: [],
  rights: [],
  open_points: [],
} satisfies Given<'PrivacyReview'>
