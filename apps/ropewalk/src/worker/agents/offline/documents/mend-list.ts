import { findInput } from './inputs.ts'
import type { Draft, Mender } from './mender.ts'
import { findPlace, setPlace } from './mend-pointer.ts'

type Entry = Record<string, unknown>

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listEntries = (value: unknown): Entry[] | undefined =>
  Array.isArray(value) && value.every(isEntry) ? (value as Entry[]) : undefined

const ID = /^([A-Z]+)-(\d{3})$/u

/** The id after the highest of a list; undefined where its entries carry none of ours. */
const getNextId = (entries: readonly Entry[], like: unknown): string | undefined => {
  const [, prefix] = ID.exec(String(like)) ?? []
  if (prefix === undefined) return undefined
  const numbers = entries.map(({ id }) => Number(ID.exec(String(id))?.[2] ?? 0))
  return `${prefix}-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`
}

/** What tells one entry from another, whatever its number is. */
const getName = (entry: Entry): string =>
  String(entry.title ?? entry.name ?? entry.statement ?? entry.kind ?? entry.text ?? JSON.stringify(entry))

const append = (entries: Entry[], made: Entry): void => {
  const id = getNextId(entries, made.id)
  entries.push({ ...structuredClone(made), ...(id === undefined ? {} : { id }) })
}

const addMissing = ({ json, fresh }: Draft, member: string): boolean => {
  const entries = listEntries(json[member])
  const made = listEntries(fresh[member])
  if (entries === undefined || made === undefined) return false
  const known = new Set(entries.map(getName))
  const missing = made.filter((entry) => !known.has(getName(entry)))
  for (const entry of missing) append(entries, entry)
  return missing.length > 0
}

/** A list that is short of something gets what it would have if it were written today, after what it has. */
export const mendList: Mender = (draft, reason) => {
  const [, document, member = ''] = /^([A-Za-z]+)#\/([a-z_]+)(?=[: ])(?!\S*\/\d)/u.exec(reason) ?? []
  if (document !== draft.name || !Object.hasOwn(draft.fresh, member)) return false
  if (draft.completed.has(member)) return true
  draft.completed.add(member)
  if (addMissing(draft, member)) return true
  // It has all of them and still falls short: then its entries are what is wrong.
  if (JSON.stringify(draft.json[member]) === JSON.stringify(draft.fresh[member])) return false
  draft.json[member] = structuredClone(draft.fresh[member])
  return true
}

/** A grave finding of a critique as a risk, where nobody wrote one about it. */
const makeRisk = ({ job }: Draft, place: string): Entry | undefined => {
  const index = Number(/^CritiqueReport#\/findings\/(\d+)$/u.exec(place)?.[1] ?? -1)
  const finding = findInput(job, 'CritiqueReport')?.findings[index]
  return finding === undefined
    ? undefined
    : {
        id: 'RISK-001',
        title: finding.title,
        description: finding.text,
        category: 'technical',
        likelihood: 3,
        impact: finding.severity === 'critical' ? 5 : 4,
        mitigation: finding.recommendation,
        mitigation_status: 'pending',
        owner: 'The one who runs the service',
        trigger: 'The critique is read again and still says so.',
        cites: [place],
      }
}

/** `No risk of RiskRegister cites PLACE`: the entry about that place is added. */
export const mendUncited: Mender = (draft, reason) => {
  const [, document, place = ''] = /^No [a-z ]+ of ([A-Za-z]+) cites ([A-Za-z]+#\/\S+?),/u.exec(reason) ?? []
  if (document !== draft.name) return false
  for (const [member, value] of Object.entries(draft.fresh)) {
    const entries = listEntries(draft.json[member])
    const found = listEntries(value)?.find(({ cites }) => Array.isArray(cites) && cites.includes(place))
    if (entries === undefined || found === undefined) continue
    append(entries, found)
    return true
  }
  const risks = listEntries(draft.json.risks)
  const risk = document === 'RiskRegister' ? makeRisk(draft, place) : undefined
  if (risks === undefined || risk === undefined) return false
  append(risks, risk)
  return true
}

/** A figure that follows from others and does not: the guard has done the sum and says what it is. */
export const mendFigure: Mender = ({ name, json }, reason) => {
  const [, document, pointer = '', figure = ''] =
    /^([A-Za-z]+)#(\/\S+) says -?[\d.e+]+, but .*\b(?:is|give) (-?\d[\d.e+-]*)\.$/u.exec(reason) ?? []
  if (document !== name || typeof findPlace(json, pointer)?.value !== 'number') return false
  return setPlace(json, pointer, Number(figure))
}

/** One place that is wrong takes the value it would have today, where that is another. */
export const mendPlace: Mender = ({ name, json, fresh }, reason) => {
  const [, document, pointer = ''] = /^([A-Za-z]+)#(\/[^\s:]+)/u.exec(reason) ?? []
  if (document !== name || /^\/requirements\/\d+$/u.test(pointer)) return false
  const now = findPlace(json, pointer)?.value
  const then = findPlace(fresh, pointer)?.value
  if (now === undefined || then === undefined || typeof now !== typeof then) return false
  return JSON.stringify(now) !== JSON.stringify(then) && setPlace(json, pointer, structuredClone(then))
}
