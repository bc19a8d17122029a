import { z } from 'zod'
import type { ItemKind } from '../../contract/item.ts'
import { DeliverableBody, type DoneCheck } from '../../contract/work-order.ts'
import {
  checkConfidence,
  checkEvidence,
  checkFactsResolve,
  checkKnownUnits,
  checkRowCap,
  checkSources,
  checkUnits,
} from './common.ts'
import type { DoneInput, Validator } from './input.ts'
import { checkCode, checkRequirements, checkResultPresent, checkTestsPassed } from './results.ts'
import { checkCost, checkFriction, checkScenario, checkTimeWaste, checkTotalsRecompute } from './totals.ts'

/** Looks at bodies before they are known to keep their contract; done by `runDoneChecks` itself. */
const SCHEMA_VALID = 'schema-valid'

/** Every validator by the name under which a Definition of Done asks for it. */
const VALIDATORS: Readonly<Record<string, Validator>> = {
  'evidence-present': checkEvidence,
  'sources-cited': checkSources,
  'facts-resolve': checkFactsResolve,
  'minutes-within-cap': checkRowCap,
  'units-agree': checkUnits,
  'units-known': checkKnownUnits,
  'totals-recompute': checkTotalsRecompute,
  'confidence-stated': checkConfidence,
  'tests-passed': checkTestsPassed,
  'result-present': checkResultPresent,
  'time-waste-totals': checkTimeWaste,
  'cost-formulas': checkCost,
  'friction-clusters': checkFriction,
  'scenario-formulas': checkScenario,
  'requirements-testable': checkRequirements,
  'code-plain': checkCode,
}

/** All names that a Definition of Done may use. */
export const VALIDATOR_NAMES: readonly string[] = [SCHEMA_VALID, ...Object.keys(VALIDATORS)]

const ANALYSIS = [
  'sources-cited',
  'facts-resolve',
  'minutes-within-cap',
  'units-agree',
  'units-known',
  'totals-recompute',
  'confidence-stated',
]

/** What each kind of item is held to, whoever does it. */
const BY_KIND: Readonly<Record<ItemKind, readonly string[]>> = {
  epic: [SCHEMA_VALID, 'evidence-present'],
  feature: [SCHEMA_VALID, 'evidence-present'],
  story: [SCHEMA_VALID, 'evidence-present', 'sources-cited'],
  task: [SCHEMA_VALID, 'evidence-present', 'sources-cited', 'facts-resolve', 'confidence-stated'],
}

/** What each capability is held to on top. */
const BY_CAPABILITY: Readonly<Record<string, readonly string[]>> = {
  time_waste: [...ANALYSIS, 'time-waste-totals'],
  cost: [...ANALYSIS, 'cost-formulas'],
  friction: [...ANALYSIS, 'friction-clusters'],
  scenario: [...ANALYSIS, 'scenario-formulas'],
  requirements_manager: [...ANALYSIS, 'requirements-testable'],
  dev: ['sources-cited', 'units-agree', 'confidence-stated', 'code-plain'],
  test: ['sources-cited', 'units-agree', 'confidence-stated', 'tests-passed'],
}

/** Any other capability: outsiders bring facts of their own, which must still lead somewhere. */
const BY_ANY_CAPABILITY = [
  'sources-cited',
  'facts-resolve',
  'units-agree',
  'totals-recompute',
  'result-present',
]

/** Names of the checks that an item's result has to pass: those of its kind, of its capability, and its own. */
export const getValidators = (item: DoneInput['item']): readonly string[] => [
  ...new Set([
    ...BY_KIND[item.kind],
    ...(item.capability !== null && Object.hasOwn(BY_CAPABILITY, item.capability)
      ? (BY_CAPABILITY[item.capability] ?? [])
      : BY_ANY_CAPABILITY),
    ...item.definitionOfDone,
  ]),
]

type Parsed = { readonly bodies: readonly DeliverableBody[]; readonly broken: readonly string[] }

const parseBodies = (given: readonly unknown[]): Parsed => {
  const parsed = given.map((body) => DeliverableBody.safeParse(body))
  return {
    bodies: parsed.flatMap(({ data }) => (data === undefined ? [] : [data])),
    broken: [
      ...(given.length === 0 ? ['Nothing was handed in.'] : []),
      ...parsed.flatMap(({ error }, index) =>
        error === undefined
          ? []
          : [`Deliverable ${index + 1} breaks its contract: ${z.prettifyError(error)}`],
      ),
    ],
  }
}

/** As many, and as long, as may go on in an event. */
const MAX_REASONS = 10
const MAX_REASON = 400

const showLine = (reason: string): string =>
  reason.replaceAll(/\s+/gu, ' ').slice(0, MAX_REASON).toWellFormed()

const makeCheck = (validator: string, reasons: readonly string[]): DoneCheck => ({
  validator,
  outcome: reasons.length === 0 ? 'pass' : 'fail',
  reasons: reasons.slice(0, MAX_REASONS).map((reason) => showLine(reason)),
})

/**
 * Runs every check of the item's Definition of Done on what was handed in. A name that nobody here knows is a
 * check that failed and says so: what cannot be checked is not done. Never throws for what a worker wrote.
 */
export const runDoneChecks = (input: DoneInput): readonly DoneCheck[] => {
  const { bodies, broken } = parseBodies(input.bodies)
  return getValidators(input.item).map((name) => {
    if (name === SCHEMA_VALID) return makeCheck(name, broken)
    const validator = Object.hasOwn(VALIDATORS, name) ? VALIDATORS[name] : undefined
    if (validator === undefined) {
      return makeCheck(name, [
        `There is no validator named ${name}; there are ${VALIDATOR_NAMES.join(', ')}.`,
      ])
    }
    if (bodies.length === 0) return makeCheck(name, ['There is nothing that keeps its contract to check.'])
    return makeCheck(name, validator({ ...input, bodies }))
  })
}
