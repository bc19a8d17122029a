import { z } from 'zod'
import { Name, text } from '../text.ts'
import { ItemKind } from './item.ts'
import { FormField, QuestionPolicy, Risk } from './project-question.ts'

/** A fact that work needs: how it is asked for, and what holds if nobody answers. */
export const TemplateParameter = z.strictObject({
  field: FormField,
  question: text(1000, 1),
  default: z.union([text(400), z.number(), z.boolean()]),
  default_answer: text(400, 1),
  impact: text(400, 1),
  risk: Risk,
  policy: QuestionPolicy,
})
export type TemplateParameter = z.infer<typeof TemplateParameter>

/**
 * One item of a template, or one for each point of the request. `{request}` in its title or description stands
 * for the request, `{point}` for the point.
 */
export const TemplateItem = z.strictObject({
  key: Name,
  kind: ItemKind,
  title: text(200, 1),
  description: text(4000).default(''),
  priority: z.int().min(1).max(5).default(3),
  parent: Name.nullable().default(null),
  depends_on: z.array(Name).max(20).default([]),
  capability: Name.nullable().default(null),
  /** Who does it where no records came along: the capability all the same, or people. */
  without_records: z.enum(['capability', 'people']).default('capability'),
  /** Names of the template's parameters without which it cannot be done. */
  needs: z.array(Name).max(20).default([]),
  /** Validators on top of those of its kind. */
  definition_of_done: z.array(Name).max(20).default([]),
  approvals: z.int().min(0).max(10).default(0),
  /** Records in one task at most; null: all at once. */
  batch_rows: z.int().min(1).max(100_000).nullable().default(null),
  labels: z.array(text(60, 1)).max(20).default([]),
  /** `point`: one such item for each bullet, numbered step or sentence of the request; numbered steps in order. */
  for_each: z.enum(['point']).nullable().default(null),
})
export type TemplateItem = z.infer<typeof TemplateItem>

const RANK: readonly ItemKind[] = ItemKind.options

const findItemFault = (
  item: TemplateItem,
  {
    items,
    parameters,
  }: { readonly items: ReadonlyMap<string, TemplateItem>; readonly parameters: readonly string[] },
): string | undefined => {
  const parent = item.parent === null ? undefined : items.get(item.parent)
  if (item.parent !== null && !parent) return `its parent ${item.parent} is no item of the template`
  if (parent && RANK.indexOf(parent.kind) >= RANK.indexOf(item.kind))
    return `a ${parent.kind} (${parent.key}) cannot hold a ${item.kind}`
  if (parent?.for_each) return `its parent ${parent.key} stands for several items`
  const strange = item.depends_on.find((key) => key === item.key || !items.has(key))
  if (strange !== undefined) return `it depends on ${strange}, which is no other item of the template`
  const unknown = item.needs.find((name) => !parameters.includes(name))
  return unknown === undefined ? undefined : `it needs ${unknown}, which is no parameter of the template`
}

/**
 * A file of `playbook/backlogs/`: the backlog that a kind of request becomes. Cycles are found when it is planned,
 * by the same rule as for any items.
 */
export const BacklogTemplate = z
  .strictObject({
    name: Name,
    title: text(160, 1),
    description: text(2000).default(''),
    match: z.strictObject({
      /** Beginnings of words of requests that it is for, in lower case. */
      words: z.array(text(40, 2)).max(100),
      /** How many of them have to be there. */
      at_least: z.int().min(1).max(20).default(1),
      /** Taken when no other template fits. */
      fallback: z.boolean().default(false),
    }),
    /** Whether the work is about records that are uploaded. */
    needs_records: z.boolean().default(false),
    parameters: z.record(Name, TemplateParameter).default({}),
    /** Validators by kind of item, for every item without others under it. */
    definition_of_done: z.partialRecord(ItemKind, z.array(Name).max(20)).default({}),
    items: z.array(TemplateItem).min(1).max(200),
  })
  .superRefine((template, context) => {
    const items = new Map(template.items.map((item) => [item.key, item]))
    const parameters = Object.keys(template.parameters)
    const seen = new Set<string>()
    for (const [index, item] of template.items.entries()) {
      const fault = seen.has(item.key)
        ? 'another item has this key'
        : findItemFault(item, { items, parameters })
      seen.add(item.key)
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: ['items', index], message: `${item.key}: ${fault}` })
    }
  })
export type BacklogTemplate = z.infer<typeof BacklogTemplate>
