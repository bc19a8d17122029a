import { z } from 'zod'
import { Share, text } from '../../text.ts'
import {
  citedClaims,
  claim,
  claims,
  ComponentId,
  ControlId,
  DecisionId,
  label,
  mustCite,
  NfrId,
  RequirementId,
} from './shared.ts'

const requirements = z.array(RequirementId).max(60)

/** One decision of architecture with what was refused for it. */
export const Adr = z.strictObject({
  id: DecisionId,
  title: label,
  status: z.enum(['proposed', 'accepted', 'superseded', 'rejected']),
  context: claim,
  decision: claim,
  alternatives: z
    .array(z.strictObject({ name: label, reason_refused: claim }))
    .min(1)
    .max(10),
  consequences: claims(15, 1),
  cites: mustCite,
})
export type Adr = z.infer<typeof Adr>

export const ArchitectureDoc = z.strictObject({
  summary: claim,
  components: z
    .array(
      z.strictObject({
        id: ComponentId,
        name: label,
        responsibility: claim,
        kind: z.enum(['interface', 'service', 'module', 'store', 'job', 'external']),
        depends_on: z.array(ComponentId).max(30),
        requirements,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
  diagrams: z
    .array(
      z.strictObject({
        kind: z.enum(['context', 'container', 'sequence', 'deployment']),
        title: label,
        mermaid: text(8000, 1),
      }),
    )
    .min(1)
    .max(20),
  adrs: z.array(Adr).min(1).max(40),
  scalability: z.strictObject({
    summary: claim,
    expected_users: z.int().min(1),
    expected_requests_per_second: z.number().gt(0),
    capacity_requests_per_second: z.number().gt(0),
    data_growth_mb_per_month: z.number().min(0),
    bottleneck: claim,
    measures: citedClaims(20, 1),
    score: Share,
    cites: mustCite,
  }),
})
export type ArchitectureDoc = z.infer<typeof ArchitectureDoc>

/** A name that code, an API and a table can share. */
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/u, 'expected an identifier: letters, digits and _')

export const DataModel = z.strictObject({
  summary: claim,
  entities: z
    .array(
      z.strictObject({
        name: identifier,
        description: claim,
        fields: z
          .array(
            z.strictObject({
              name: identifier,
              type: z.enum([
                'string',
                'text',
                'integer',
                'number',
                'boolean',
                'date',
                'datetime',
                'uuid',
                'enum',
                'json',
                'binary',
              ]),
              is_required: z.boolean(),
              is_key: z.boolean(),
              is_personal_data: z.boolean(),
              enum_values: z.array(label).max(40).default([]),
              description: claim,
            }),
          )
          .min(1)
          .max(60),
        indexes: z
          .array(
            z.strictObject({
              fields: z.array(identifier).min(1).max(10),
              is_unique: z.boolean(),
              reason: claim,
            }),
          )
          .max(20),
        retention: claim,
        requirements,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
  relations: z
    .array(
      z.strictObject({
        from: identifier,
        to: identifier,
        kind: z.enum(['one-to-one', 'one-to-many', 'many-to-one', 'many-to-many']),
        description: claim,
        on_delete: z.enum(['cascade', 'restrict', 'set-null', 'none']),
      }),
    )
    .max(120),
})
export type DataModel = z.infer<typeof DataModel>

export const InfrastructureSpec = z.strictObject({
  summary: claim,
  environments: z
    .array(z.strictObject({ name: label, purpose: claim, size: claim }))
    .min(1)
    .max(10),
  resources: z
    .array(
      z.strictObject({
        name: label,
        kind: z.enum(['compute', 'storage', 'network', 'queue', 'cache', 'secret', 'monitoring', 'other']),
        purpose: claim,
        components: z.array(ComponentId).max(30),
        cpu_cores: z.number().min(0).nullable(),
        memory_mb: z.number().min(0).nullable(),
        disk_mb: z.number().min(0).nullable(),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
  configuration: z
    .array(
      z.strictObject({ variable: identifier, purpose: claim, is_secret: z.boolean(), example: text(200) }),
    )
    .max(60),
  backup: z.strictObject({ method: claim, interval_hours: z.number().gt(0).nullable(), restore: claim }),
  nfrs: z
    .array(z.strictObject({ id: NfrId, met_by: claim }))
    .max(60)
    .default([]),
})
export type InfrastructureSpec = z.infer<typeof InfrastructureSpec>

export const SecurityArchitecture = z.strictObject({
  summary: claim,
  controls: z
    .array(
      z.strictObject({
        id: ControlId,
        name: label,
        category: z.enum([
          'authentication',
          'authorization',
          'input-validation',
          'output-encoding',
          'cryptography',
          'secrets',
          'logging',
          'availability',
          'data-protection',
          'supply-chain',
          'network',
          'configuration',
        ]),
        description: claim,
        threat: claim,
        verification: claim,
        components: z.array(ComponentId).max(30),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(80),
  trust_boundaries: z
    .array(z.strictObject({ name: label, between: claim, what_crosses: claim, cites: mustCite }))
    .max(30),
  data_classes: z
    .array(z.strictObject({ name: label, entities: z.array(identifier).max(40), handling: claim }))
    .max(20),
})
export type SecurityArchitecture = z.infer<typeof SecurityArchitecture>
