import { z } from 'zod'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { getJson } from '../documents.ts'
import type { JudgedArtifact } from '../guard.ts'
import { makeGuard, notRun } from '../make-guard.ts'
import { findByPointer, isEmpty, listExpected, type Located } from '../text/json-pointer.ts'
import { judgeChecks, type Check } from './checks.ts'

const MIN_COUNTS = {
  min_requirements: 'requirements',
  min_nonfunctional: 'nonfunctional',
  min_stories: 'stories',
  min_users: 'users',
  min_goals: 'goals',
  min_constraints: 'constraints',
  min_changes: 'changes',
  min_sources: 'sources',
  min_tests: 'tests',
} as const
type MinCount = keyof typeof MIN_COUNTS

const count = z.int().min(0).max(10_000)
const fields = z.union([z.array(z.string().min(1)), count])

/** `/pointer` in whichever judged documents have it, or `Artifact#/pointer`; `*` stands for every element. */
const place = z
  .string()
  .regex(/^(?:[A-Za-z][A-Za-z0-9._-]{0,63}#)?\/\S{1,300}$/u, 'expected /pointer or Artifact#/pointer')
const limit = z.number().nullable()

/**
 * Fields are named by member or by place; a number asks for that many filled members at the top.
 * A range is the least and the most that a number may be; null leaves that side open.
 */
const Settings = z.strictObject({
  required_fields: fields.optional(),
  required_sections: fields.optional(),
  min_items: z.record(place, count).default({}),
  max_items: z.record(place, count).default({}),
  ranges: z.record(place, z.tuple([limit, limit])).default({}),
  ...(Object.fromEntries(Object.keys(MIN_COUNTS).map((key) => [key, count.optional()])) as Record<
    MinCount,
    z.ZodOptional<typeof count>
  >),
  min: z.number().min(0).max(1).default(1),
})

type Known = { readonly name: string; readonly json: unknown }
type Found = Located & { readonly where: string }

const checkContract = ({ artifact }: JudgedArtifact, json: unknown): Check => {
  if (json === undefined) return { ok: false, kind: 'limit', reason: `${artifact.name} is not JSON.` }
  const issues = findDocumentContract(artifact.name)?.safeParse(json).error?.issues ?? []
  const told = issues.slice(0, 10).map((issue) => `/${issue.path.map(String).join('/')}: ${issue.message}`)
  return {
    ok: issues.length === 0,
    kind: 'limit',
    reason: `${artifact.name} breaks its contract at ${told.join('; ')}`,
  }
}

/** What a place names: every value it asks for, an absent one with value undefined; none where no document has it. */
const listPlaces = (known: readonly Known[], asked: string): Found[] => {
  const at = asked.indexOf('#')
  const name = at < 0 ? null : asked.slice(0, at)
  const pattern = asked.slice(at + 1)
  const [, top = ''] = pattern.split('/')
  return known
    .filter((one) =>
      name === null ? findByPointer(one.json, `/${top}`) !== undefined || top === '*' : one.name === name,
    )
    .flatMap((one) =>
      listExpected(one.json, pattern).map((found) => ({ ...found, where: `${one.name}#${found.pointer}` })),
    )
}

/** Checks every value at a place; a place that no judged document has is broken, an empty list of elements is not. */
const checkPlace = (
  known: readonly Known[],
  asked: string,
  find: (value: unknown) => string | undefined,
): Check[] => {
  const found = listPlaces(known, asked)
  if (found.length === 0 && !asked.includes('*'))
    return [{ ok: false, reason: `${asked} is missing in ${known.map(({ name }) => name).join(', ')}.` }]
  return found.map(({ where, value }) => {
    const problem = value === undefined ? 'is missing' : find(value)
    return { ok: problem === undefined, reason: `${where} ${problem ?? 'is right'}.` }
  })
}

const checkField = (known: readonly Known[], field: string): Check[] => {
  if (/[#*]/u.test(field))
    return checkPlace(known, field, (value) => (isEmpty(value) ? 'is empty' : undefined))
  const pointer = field.startsWith('/') ? field : `/${field}`
  const ok = known.some(({ json }) => !isEmpty(findByPointer(json, pointer)?.value))
  return [{ ok, reason: `${pointer} is missing or empty in ${known.map(({ name }) => name).join(', ')}.` }]
}

const checkFields = (known: readonly Known[], required: z.infer<typeof fields> | undefined): Check[] => {
  if (required === undefined) return []
  if (typeof required === 'number') {
    return known.map(({ name, json }) => {
      const filled = Object.values((json ?? {}) as object).filter((value) => !isEmpty(value)).length
      return { ok: filled >= required, reason: `${name} has ${filled} filled fields, expected ${required}.` }
    })
  }
  return required.flatMap((field) => checkField(known, field))
}

const countItems = (value: unknown): number | undefined => {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}

const checkItems = (known: readonly Known[], settings: z.infer<typeof Settings>): Check[] => {
  const check = (asked: string, isRight: (items: number) => boolean, expected: string) =>
    checkPlace(known, asked, (value) => {
      const items = countItems(value)
      if (items === undefined) return `is no list, expected ${expected}`
      return isRight(items) ? undefined : `has ${items} items, expected ${expected}`
    })
  return [
    ...Object.entries(settings.min_items).flatMap(([asked, least]) =>
      check(asked, (items) => items >= least, `at least ${least}`),
    ),
    ...Object.entries(settings.max_items).flatMap(([asked, most]) =>
      check(asked, (items) => items <= most, `at most ${most}`),
    ),
  ]
}

const checkRanges = (known: readonly Known[], ranges: z.infer<typeof Settings>['ranges']): Check[] =>
  Object.entries(ranges).flatMap(([asked, [least, most]]) =>
    checkPlace(known, asked, (value) => {
      const expected = `expected a number from ${least ?? 'any'} to ${most ?? 'any'}`
      if (typeof value !== 'number') return `is ${JSON.stringify(value).slice(0, 80)}, ${expected}`
      return value >= (least ?? -Infinity) && value <= (most ?? Infinity)
        ? undefined
        : `is ${value}, ${expected}`
    }),
  )

const checkCount = (known: readonly Known[], member: string, least: number): Check => {
  const lists = known.map(({ json }) => findByPointer(json, `/${member}`)?.value).filter(Array.isArray)
  const most = Math.max(0, ...lists.map((list) => list.length))
  return { ok: most >= least, reason: `Expected at least ${least} ${member}, found ${most}.` }
}

/** Each judged document satisfies its contract and is complete; the score is the share of checks satisfied. */
export const guard = makeGuard({
  name: 'schema',
  version: '1.1.0',
  settings: Settings,
  judge: (input, settings) => {
    const documents = input.judged.filter(({ artifact }) => findDocumentContract(artifact.name) !== undefined)
    if (documents.length === 0) return notRun('No judged artifact has a document contract.')
    const known = documents.map((one) => ({ name: one.artifact.name, json: getJson(one) }))
    const checks = [
      ...documents.map((one, index) => checkContract(one, known[index]?.json)),
      ...checkFields(known, settings.required_fields),
      ...checkFields(known, settings.required_sections),
      ...checkItems(known, settings),
      ...checkRanges(known, settings.ranges),
      ...(Object.keys(MIN_COUNTS) as MinCount[]).flatMap((key) => {
        const least = settings[key]
        return least === undefined ? [] : [checkCount(known, MIN_COUNTS[key], least)]
      }),
    ]
    return judgeChecks(checks, settings.min)
  },
})
