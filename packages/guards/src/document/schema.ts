import { z } from 'zod'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { getJson } from '../documents.ts'
import type { JudgedArtifact } from '../guard.ts'
import { judgeByScore, makeGuard, notRun } from '../make-guard.ts'
import { findByPointer, isEmpty } from '../text/json-pointer.ts'

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

/** Fields are named by member or JSON pointer; a number asks for that many filled members at the top. */
const Settings = z.strictObject({
  required_fields: fields.optional(),
  required_sections: fields.optional(),
  ...(Object.fromEntries(Object.keys(MIN_COUNTS).map((key) => [key, count.optional()])) as Record<
    MinCount,
    z.ZodOptional<typeof count>
  >),
  min: z.number().min(0).max(1).default(1),
})

type Check = { readonly ok: boolean; readonly reason: string }
type Known = { readonly name: string; readonly json: unknown }

const checkContract = ({ artifact }: JudgedArtifact, json: unknown): Check => {
  if (json === undefined) return { ok: false, reason: `${artifact.name} is not JSON.` }
  const issues = findDocumentContract(artifact.name)?.safeParse(json).error?.issues ?? []
  const told = issues.slice(0, 10).map((issue) => `/${issue.path.map(String).join('/')}: ${issue.message}`)
  return { ok: issues.length === 0, reason: `${artifact.name} breaks its contract at ${told.join('; ')}` }
}

const checkFields = (known: readonly Known[], required: z.infer<typeof fields> | undefined): Check[] => {
  if (required === undefined) return []
  if (typeof required === 'number') {
    return known.map(({ name, json }) => {
      const filled = Object.values((json ?? {}) as object).filter((value) => !isEmpty(value)).length
      return { ok: filled >= required, reason: `${name} has ${filled} filled fields, expected ${required}.` }
    })
  }
  return required.map((field) => {
    const pointer = field.startsWith('/') ? field : `/${field}`
    const ok = known.some(({ json }) => !isEmpty(findByPointer(json, pointer)?.value))
    return { ok, reason: `${pointer} is missing or empty in ${known.map(({ name }) => name).join(', ')}.` }
  })
}

const checkCount = (known: readonly Known[], member: string, least: number): Check => {
  const lists = known.map(({ json }) => findByPointer(json, `/${member}`)?.value).filter(Array.isArray)
  const most = Math.max(0, ...lists.map((list) => list.length))
  return { ok: most >= least, reason: `Expected at least ${least} ${member}, found ${most}.` }
}

/** Each judged document satisfies its contract and is complete; the score is the share of checks satisfied. */
export const guard = makeGuard({
  name: 'schema',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const documents = input.judged.filter(({ artifact }) => findDocumentContract(artifact.name) !== undefined)
    if (documents.length === 0) return notRun('No judged artifact has a document contract.')
    const known = documents.map((one) => ({ name: one.artifact.name, json: getJson(one) }))
    const checks = [
      ...documents.map((one, index) => checkContract(one, known[index]?.json)),
      ...checkFields(known, settings.required_fields),
      ...checkFields(known, settings.required_sections),
      ...(Object.keys(MIN_COUNTS) as MinCount[]).flatMap((key) => {
        const least = settings[key]
        return least === undefined ? [] : [checkCount(known, MIN_COUNTS[key], least)]
      }),
    ]
    const broken = checks.filter(({ ok }) => !ok)
    const score = (checks.length - broken.length) / checks.length
    return {
      ...judgeByScore(
        score,
        settings.min,
        broken.map(({ reason }) => reason),
      ),
      metrics: { checks: checks.length, satisfied: checks.length - broken.length },
    }
  },
})
