import type { BacklogTemplate, TemplateItem } from '../../contract/backlog-template.ts'
import { ItemDraft, type Parameters, type Upload } from '../../contract/item.ts'
import { clipText } from '../../clip.ts'
import { readPoints } from './read-points.ts'

const getWords = (request: string): readonly string[] => request.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** How many of a template's words a request begins some word with. */
const countMatches = ({ match }: BacklogTemplate, words: readonly string[]): number =>
  match.words.filter((begin) => words.some((word) => word.startsWith(begin))).length

/**
 * The template whose words fit a request best; records that came along speak for one that is about records. Where
 * none fits, the one that says it is for the rest. Undefined where there is none.
 */
export const pickTemplate = (
  templates: readonly BacklogTemplate[],
  request: string,
  uploads: readonly Upload[] = [],
): BacklogTemplate | undefined => {
  const words = getWords(request)
  const scored = templates
    .map((template) => ({
      template,
      matches: countMatches(template, words) + (template.needs_records && uploads.length > 0 ? 1 : 0),
    }))
    .filter(({ template, matches }) => !template.match.fallback && matches >= template.match.at_least)
    .sort((a, b) => b.matches - a.matches || (a.template.name < b.template.name ? -1 : 1))
  return scored[0]?.template ?? templates.find(({ match }) => match.fallback)
}

const fill = (
  pattern: string,
  { request, point }: { readonly request: string; readonly point: string },
): string => pattern.replaceAll('{point}', () => point).replaceAll('{request}', () => request)

/** The key of the n-th item that one of a template stands for. */
const getPointKey = (key: string, index: number): string => `${key.slice(0, 58)}.${index + 1}`

type Plan = {
  readonly template: BacklogTemplate
  readonly request: string
  readonly points: readonly string[]
  readonly isOrdered: boolean
  readonly hasRecords: boolean
}

/** The keys that an item of a template becomes. */
const getKeys = ({ points, template }: Plan, key: string): readonly string[] => {
  const isMany = template.items.some((item) => item.key === key && item.for_each === 'point')
  return isMany ? points.map((_, index) => getPointKey(key, index)) : [key]
}

const planItem = (
  plan: Plan,
  item: TemplateItem,
  of: { readonly key: string; readonly point: string; readonly dependsOn: readonly string[] },
): ItemDraft => {
  const { template, request, hasRecords } = plan
  const isParent = template.items.some(({ parent }) => parent === item.key)
  const isOfPeople = item.capability === null || (item.without_records === 'people' && !hasRecords)
  const ofKind = isParent ? [] : (template.definition_of_done[item.kind] ?? [])
  // What people say of their own work is judged by people.
  const validators = isOfPeople ? [] : [...ofKind, ...item.definition_of_done]
  return ItemDraft.parse({
    key: of.key,
    kind: item.kind,
    title: clipText(fill(item.title, { request, point: of.point }).replace(/\s+/gu, ' ').trim(), 200, 600),
    description:
      item.description === ''
        ? ''
        : clipText(fill(item.description, { request, point: of.point }), 4000, 8000),
    priority: item.priority,
    parent: item.parent,
    dependsOn: [...of.dependsOn],
    capability: isParent || isOfPeople ? null : item.capability,
    needs: item.needs,
    definitionOfDone: [...new Set(validators)].slice(0, 20),
    approvals: isParent ? 0 : item.approvals,
    batchRows: hasRecords ? item.batch_rows : null,
    labels: item.labels,
  })
}

const planItems = (plan: Plan, item: TemplateItem): readonly ItemDraft[] => {
  const awaited = item.depends_on.flatMap((key) => getKeys(plan, key))
  if (item.for_each === null)
    return [planItem(plan, item, { key: item.key, point: plan.request, dependsOn: awaited })]
  return plan.points.map((point, index) =>
    planItem(plan, item, {
      key: getPointKey(item.key, index),
      point,
      // Who numbers steps means them one after another.
      dependsOn: plan.isOrdered && index > 0 ? [...awaited, getPointKey(item.key, index - 1)] : awaited,
    }),
  )
}

/**
 * The backlog that a template makes of a request, ready for StartProject: parents before their children, in the
 * template's order. Parameters that are `false` by the name of an item's key leave that item out, with what hangs
 * below it; who waited for it waits for what it waited for.
 */
export const planBacklog = (
  template: BacklogTemplate,
  request: string,
  parameters: Parameters,
  uploads: readonly Upload[],
): readonly ItemDraft[] => {
  const { points, isOrdered } = readPoints(request)
  const kept = leaveOut(template, parameters)
  const plan = { template: kept, request, points, isOrdered, hasRecords: uploads.length > 0 }
  return kept.items.flatMap((item) => planItems(plan, item))
}

/** The template without the items that parameters switch off. */
const leaveOut = (template: BacklogTemplate, parameters: Parameters): BacklogTemplate => {
  const all = new Map(template.items.map((item) => [item.key, item]))
  const isOut = (key: string | null): boolean => {
    const item = key === null ? undefined : all.get(key)
    return item !== undefined && (parameters[item.key] === false || isOut(item.parent))
  }
  const getAwaited = (keys: readonly string[], seen: ReadonlySet<string>): readonly string[] =>
    keys.flatMap((key) => {
      if (seen.has(key)) return []
      return isOut(key) ? getAwaited(all.get(key)?.depends_on ?? [], new Set([...seen, key])) : [key]
    })
  const items = template.items
    .filter(({ key }) => !isOut(key))
    .map((item) => ({ ...item, depends_on: [...new Set(getAwaited(item.depends_on, new Set()))] }))
  return items.length === template.items.length ? template : { ...template, items }
}
