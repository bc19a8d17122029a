import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { METHODS, type Operation } from '@ropewalk/core/contract/documents/openapi'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard, type Judgement } from '../make-guard.ts'
import { checkSchemas } from './api-schemas.ts'
import { fact, getShare, judgeChecks, limit, show, type Check } from './checks.ts'
import { lintOpenApi, listOutsideReferences, type LintFinding } from './lint-openapi.ts'

/** Schema coverage 1 by row DX-53, coverage of requirements 0.8 by row DX-17. */
const Settings = z.strictObject({
  /** What one warning of the linter takes from the score. */
  warning_cost: z.number().min(0).max(1).default(0.02),
  ignored_rules: z.array(z.string().min(1).max(80)).max(100).default(['info-contact']),
  /** Of the requirements that a component of kind interface carries; of all where there is none. */
  min_requirements_reached: z.number().min(0).max(1).default(0.8),
  /** Of the entities that name a requirement. */
  min_schema_coverage: z.number().min(0).max(1).default(1),
  min: z.number().min(0).max(1).default(0.8),
})
type Settings = z.infer<typeof Settings>
type Api = DocumentOf<'OpenAPI'>
type Placed = { readonly at: string; readonly operation: Operation }

const listOperations = (api: Api): Placed[] =>
  Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      return operation ? [{ at: `OpenAPI#/paths/${path.replaceAll('/', '~1')}/${method}`, operation }] : []
    }),
  )

const checkOperations = (operations: readonly Placed[], known: ReadonlySet<string>): Check[] => {
  const ids = new Map<string, string>()
  return [
    limit(operations.length > 0, 'OpenAPI#/paths has no operation.'),
    ...operations.flatMap(({ at, operation }) => {
      const { operationId } = operation
      const first = ids.get(operationId)
      ids.set(operationId, first ?? at)
      return [
        limit(first === undefined, `${at} has the operationId ${operationId} of ${first ?? ''}.`),
        ...operation['x-requirements'].map((id) =>
          fact(known.has(id), `${at}/x-requirements names ${id}, which the PRD does not have.`),
        ),
      ]
    }),
  ]
}

/** The requirements that people or programs reach through an interface, as the architecture says. */
const listInterfaced = (
  prd: DocumentOf<'PRD'>,
  architecture: DocumentOf<'ArchitectureDoc'> | undefined,
): string[] => {
  const all = prd.requirements.map(({ id }) => id)
  const named = new Set(
    (architecture?.components ?? []).flatMap(({ kind, requirements }) =>
      kind === 'interface' ? requirements : [],
    ),
  )
  const some = all.filter((id) => named.has(id))
  return some.length > 0 ? some : all
}

const checkReach = (operations: readonly Placed[], needed: readonly string[], least: number): Check => {
  const served = new Set(operations.flatMap(({ operation }) => operation['x-requirements']))
  const missed = needed.filter((id) => !served.has(id))
  const reached = getShare(needed.length - missed.length, needed.length)
  return limit(
    reached + 1e-9 >= least,
    `OpenAPI#/paths reach ${show(reached)} of the requirements that need an interface, expected ${show(least)}: no operation names ${missed.join(', ')}.`,
  )
}

const checkCoverage = (model: DocumentOf<'DataModel'>, unshown: readonly string[], least: number): Check => {
  const wanted = model.entities.filter(({ requirements }) => requirements.length > 0).map(({ name }) => name)
  const missed = wanted.filter((name) => unshown.includes(name))
  const shown = getShare(wanted.length - missed.length, wanted.length)
  return limit(
    shown + 1e-9 >= least,
    `OpenAPI#/components/schemas show ${show(shown)} of the entities, expected ${show(least)}: none is named ${missed.join(', ')}.`,
  )
}

const tell = ({ pointer, rule, message }: LintFinding): string => `OpenAPI#${pointer}: ${message} (${rule})`

/** Warnings cost, errors fail; what the checks say stands before what the linter warns of. */
const weighWarnings = (
  judgement: Judgement,
  warnings: readonly LintFinding[],
  settings: Settings,
): Judgement => {
  const score = judgement.score * Math.max(0, 1 - settings.warning_cost * warnings.length)
  const passes = judgement.outcome === 'pass' && score + 1e-9 >= settings.min
  return {
    ...judgement,
    score,
    outcome: passes ? 'pass' : 'fail',
    reasons: [...judgement.reasons, ...warnings.map(tell)],
    metrics: { ...judgement.metrics, warnings: warnings.length },
  }
}

/** The API description is sound, serves requirements that exist, and speaks of the data as the data model does. */
export const guard = makeGuard({
  name: 'openapi',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const api = findDocument(input, 'OpenAPI')
    const prd = findDocument(input, 'PRD')
    const model = findDocument(input, 'DataModel')
    if (api === undefined) return lacks('OpenAPI')
    if (prd === undefined) return lacks('PRD')
    if (model === undefined) return lacks('DataModel')
    const outside = listOutsideReferences(api)
    if (outside.length > 0) {
      const reasons = outside.map(
        ({ pointer, value }) =>
          `OpenAPI#${pointer} leads out of the document to ${value}; define it under components.`,
      )
      return { outcome: 'fail', score: 0, reasons }
    }
    const { findings, toolVersion } = await lintOpenApi(api)
    const heard = findings.filter(({ rule }) => !settings.ignored_rules.includes(rule))
    const errors = heard.filter(({ severity }) => severity === 'error')
    const operations = listOperations(api)
    const schemas = checkSchemas(api, model)
    const checks = [
      ...errors.map((found) => limit(false, tell(found))),
      ...checkOperations(operations, new Set(prd.requirements.map(({ id }) => id))),
      checkReach(
        operations,
        listInterfaced(prd, findDocument(input, 'ArchitectureDoc')),
        settings.min_requirements_reached,
      ),
      ...schemas.checks,
      checkCoverage(model, schemas.unshown, settings.min_schema_coverage),
    ]
    const metrics = { operations: operations.length, errors: errors.length }
    const warnings = heard.filter(({ severity }) => severity === 'warning')
    return {
      ...weighWarnings(judgeChecks(checks, settings.min, metrics), warnings, settings),
      tool: 'spectral',
      toolVersion,
    }
  },
})
