import type { DeliverableBody, Fact } from '../../contract/work-order.ts'
import { UNITS } from '../../analysis/facts.ts'
import { getTreatment, isLongRow, MAX_ROW_MINUTES } from '../../analysis/treatment.ts'
import { findTreatment, type Checked, type Validator } from './input.ts'

/** Something was done that can be looked at: evidence is compulsory (AX-29). */
export const checkEvidence: Validator = ({ evidence }) =>
  evidence.length === 0 ? ['There is no evidence that the work was done.'] : []

export const checkConfidence: Validator = ({ bodies }) =>
  bodies
    .filter(({ confidence }) => confidence <= 0)
    .map(({ type }) => `${type} states no confidence: expected more than 0, got 0.`)

/** `parameters.NAME`, `records.COLUMN` and `TYPE/FACT` name what is outside the body. */
const OUTSIDE = /^(?:records\..+|[A-Za-z][\w.-]{0,63}\/.+)$/u

const isKnownSource = (source: string, facts: ReadonlySet<string>, { parameters }: Checked): boolean => {
  if (facts.has(source) || OUTSIDE.test(source)) return true
  const name = source.startsWith('parameters.') ? source.slice('parameters.'.length) : source
  if (parameters !== undefined) return Object.hasOwn(parameters, name)
  return source.startsWith('parameters.') && name !== ''
}

const checkSourcesOf = (body: DeliverableBody, input: Checked): string[] => {
  const facts = new Set(body.facts.map(({ name }) => name))
  const unfounded = body.claims.flatMap(({ text, sources }) => {
    if (sources.length === 0) return [`The claim “${text}” has no source.`]
    const unknown = sources.find((source) => !isKnownSource(source, facts, input))
    return unknown === undefined ? [] : [`The claim “${text}” cites ${unknown}, which is nowhere.`]
  })
  const rootless = body.facts.flatMap(({ name, from }) => {
    const unknown = from.find((source) => source === name || !isKnownSource(source, facts, input))
    return unknown === undefined ? [] : [`The fact ${name} is computed from ${unknown}, which is nowhere.`]
  })
  return [...unfounded, ...rootless]
}

/** A claim without a source, or with one that is nowhere, is refused (AX-29). */
export const checkSources: Validator = (input) => input.bodies.flatMap((body) => checkSourcesOf(body, input))

/** Whether `field` is one of the names, or several of them with ` + ` between. */
const isMadeOf = (field: string, names: ReadonlySet<string>): boolean =>
  names.has(field) ||
  [...names].some((name) => field.startsWith(`${name} + `) && isMadeOf(field.slice(name.length + 3), names))

const checkFactRows = (fact: Fact, known: ReadonlySet<number>): string[] => {
  const { name, rows, rowCount, from } = fact
  const missing = rows.find((row) => !known.has(row))
  return [
    ...(missing === undefined ? [] : [`The fact ${name} cites row ${missing}, which is not in the records.`]),
    ...(new Set(rows).size === rows.length ? [] : [`The fact ${name} cites a row twice.`]),
    ...(rows.length > rowCount || (known.size > 0 && rowCount > known.size)
      ? [`The fact ${name} counts ${rowCount} rows, cites ${rows.length}, and there are ${known.size}.`]
      : []),
    ...(from.length === 0 && rowCount > rows.length && rows.length < 1000
      ? [`The fact ${name} counts ${rowCount} rows and cites only ${rows.length}.`]
      : []),
  ]
}

/** Every fact leads back to something: rows and a column that are there, or what it was computed from. */
export const checkFactsResolve: Validator = ({ bodies, records }) => {
  const known = new Set(records?.rows.map(({ row }) => row))
  const names = new Set([
    ...(records?.columns.map(({ name }) => name) ?? []),
    ...(records?.rows.map(({ field }) => field) ?? []),
  ])
  return bodies.flatMap(({ facts }) => [
    ...facts.flatMap((fact) => [
      ...checkFactRows(fact, known),
      ...(fact.field === null || isMadeOf(fact.field, names)
        ? []
        : [`The fact ${fact.name} names the column “${fact.field}”, which the records do not have.`]),
      ...(fact.from.length === 0 && fact.rows.length === 0 && fact.rowCount === 0 && fact.value !== 0
        ? [`The fact ${fact.name} names neither rows nor what it was computed from.`]
        : []),
    ]),
    ...(new Set(facts.map(({ name }) => name)).size === facts.length
      ? []
      : ['Two facts have the same name.']),
  ])
}

/**
 * No single record stands for more than 480 minutes (AX-29). Where rows say more, what was done about them has to
 * be decided, and the totals must be those of that decision.
 */
export const checkRowCap: Validator = (input) => {
  const { bodies, records, parameters } = input
  const long = records?.rows.filter(isLongRow) ?? []
  const single = bodies.flatMap(({ facts }) =>
    facts.flatMap(({ name, value, unit, rowCount, from }) =>
      from.length === 0 &&
      rowCount === 1 &&
      typeof value === 'number' &&
      getMinutes(value, unit) > MAX_ROW_MINUTES
        ? [
            `The fact ${name} gives one record ${value} ${unit}; at most ${MAX_ROW_MINUTES} minutes are believed.`,
          ]
        : [],
    ),
  )
  const isDecided =
    parameters === undefined
      ? bodies.every((body) => !findTreatment(input, body).asked.includes('longRows'))
      : !getTreatment(parameters).asked.includes('longRows')
  return long.length === 0 || isDecided
    ? single
    : [
        `Nobody has decided what records over ${MAX_ROW_MINUTES} minutes count: row ${long[0]?.row ?? '?'} says ${long[0]?.estimatedMinutes ?? '?'} (parameter longRows).`,
        ...single,
      ]
}

const getMinutes = (value: number, unit: string): number =>
  unit === 'minutes' ? value : unit === 'hours' ? value * 60 : 0

/** What the end of a fact's name says its unit is. */
const UNIT_BY_NAME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(?:^|\.)minutes(?:\.most)?$/u, ['minutes']],
  [/(?:^|\.)hours(?:\.|$)/u, ['hours']],
  [/(?:^|\.)share$/u, ['share']],
  [/(?:^|\.)cost(?:\.|$)/u, ['money']],
  [/(?:^|\.)rate(?:\.|$)/u, ['money-per-hour']],
]

const checkUnitOf = ({ name, value, unit }: Fact): string[] => {
  // The narrowest name wins: recovered.cost.month is money, whatever else it names.
  const named = UNIT_BY_NAME.find(([pattern]) => pattern.test(name))?.[1]
  return [
    ...(named === undefined || named.includes(unit)
      ? []
      : [`The fact ${name} is in ${unit}; its name says ${named.join(' or ')}.`]),
    ...(typeof value === 'string' && unit !== 'text'
      ? [`The fact ${name} is text, in the unit ${unit}.`]
      : []),
    ...(unit === 'share' && typeof value === 'number' && (value < 0 || value > 1)
      ? [`The fact ${name} is a share of ${value}; expected 0 to 1.`]
      : []),
    ...(typeof value === 'number' && value < 0 ? [`The fact ${name} is below nothing.`] : []),
  ]
}

/** Facts that stand for the same time in two units have to agree: 60 minutes are an hour. */
const checkPairs = ({ facts }: DeliverableBody): string[] => {
  const values = new Map(facts.map(({ name, value }) => [name, value]))
  return facts.flatMap(({ name, value }) => {
    if (!/(?:^|\.)hours$/u.test(name) || typeof value !== 'number') return []
    const minutes = values.get(name.replace(/hours$/u, 'minutes'))
    return typeof minutes !== 'number' || isNear(minutes, value * 60)
      ? []
      : [`The fact ${name} says ${value} hours, and ${minutes} minutes stand beside it.`]
  })
}

/** Equal but for the last digits of a computation. */
export const isNear = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

/** No fact is in a unit that is none, that its name contradicts, or that a twin in another unit contradicts. */
export const checkUnits: Validator = ({ bodies }) =>
  bodies.flatMap((body) => [...body.facts.flatMap(checkUnitOf), ...checkPairs(body)])

/** Units that our own analyses use; a worker of somebody else's may have others. */
export const checkKnownUnits: Validator = ({ bodies }) =>
  bodies.flatMap(({ facts }) =>
    facts.flatMap(({ name, unit }) =>
      UNITS.some((known) => known === unit) ? [] : [`The fact ${name} is in ${unit}, which is no unit here.`],
    ),
  )
