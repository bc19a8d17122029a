import type { IdeaSpec, Prd, Requirement } from '@ropewalk/core/contract/documents'
import type { Design, FeatureName } from '../design.ts'
import { findFeature, getFeature } from '../features/recognise.ts'
import type { Feature } from '../features/feature.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { getBareWish, isNotBuilt, NOT_BUILT } from '../demands.ts'
import { capitalise, clip, getInner } from '../words.ts'

type Served = { readonly cites: readonly string[] } & (
  { readonly feature: Feature } | { readonly goal: string }
)

const LEAST: readonly FeatureName[] = ['create', 'refuse', 'list']

/** What the goals of a specification ask for, in its order; a goal that no rule knows is kept in its own words. */
const listServed = (spec: IdeaSpec, isChange: boolean): Served[] => {
  const served: Served[] = []
  const byFeature = new Map<FeatureName, number>()
  for (const [index, { text }] of spec.goals.entries()) {
    const citation = `IdeaSpec#/goals/${String(index)}`
    const feature = findFeature(text)
    const known = feature && byFeature.get(feature.name)
    const before = known === undefined ? undefined : served[known]
    if (feature === undefined) served.push({ goal: text, cites: [citation] })
    else if (known !== undefined && before !== undefined)
      served[known] = { ...before, cites: [...before.cites, citation].slice(0, 20) }
    else {
      byFeature.set(feature.name, served.length)
      served.push({ feature, cites: [citation] })
    }
  }
  // A change of somebody's code asks for no new service.
  for (const name of isChange ? [] : LEAST)
    if (!byFeature.has(name)) served.push({ feature: getFeature(name), cites: ['IdeaSpec#/summary'] })
  return served
}

/** The design that the goals of a specification describe, on top of what the idea alone says. */
export const readDesignOfSpec = (spec: IdeaSpec, idea: ParsedIdea): Design => {
  let design: Design = { ...idea.design, features: [] }
  const features = new Set<FeatureName>(LEAST)
  for (const { text } of spec.goals) {
    const feature = findFeature(text)
    if (feature === undefined) continue
    features.add(feature.name)
    design = feature.read?.(text, design) ?? design
  }
  return { ...design, features: [...features] }
}

/** A goal that no rule knows, as a requirement: in its own words, and said to be not built where it says so itself. */
const writeOpen = (goal: string): Pick<Requirement, 'title' | 'statement' | 'acceptance' | 'priority'> => {
  const mark = isNotBuilt(goal) ? ` ${NOT_BUILT}` : ''
  const wish = clip(getBareWish(goal), 1500)
  const [, form] = /^The product is (an? [^,]+),/u.exec(wish) ?? []
  const isLimit = goal.startsWith('The idea sets this limit')
  const title = form === undefined ? capitalise(wish) : `Be ${form}`
  const observed =
    form !== undefined
      ? `Given the product, when it is used as ${form}, then it does what the other requirements ask for${mark}.`
      : isLimit
        ? `Given the running product, when it is measured against "${wish}", then the limit holds${mark}.`
        : `Given the running product, when somebody asks for "${wish}", then it is done while they watch${mark}.`
  return {
    title: `${clip(title, 150 - mark.length)}${mark}`,
    statement:
      form !== undefined
        ? `The product must be ${form}${mark}.`
        : isLimit
          ? `The product must keep to this limit of the idea: ${wish}${mark}.`
          : `The product must do this, in the words of the idea: ${wish}${mark}.`,
    acceptance: [observed],
    // Only what the product is decides whether it is worth having at all.
    priority: form === undefined ? 'should' : 'must',
  }
}

const writeRequirement = (served: Served, design: Design, index: number): Requirement => {
  const id = `REQ-${String(index + 1).padStart(3, '0')}`
  const cites = [...served.cites]
  if ('goal' in served) return { id, ...writeOpen(served.goal), cites }
  const { feature } = served
  return {
    id,
    title: clip(feature.title(design), 160),
    statement: feature.statement(design),
    acceptance: [...feature.acceptance(design)],
    priority: feature.priority,
    cites,
  }
}

const LEAST_REQUIREMENTS = 5

/** What the idea rules out, as requirements, where so much is ruled out that hardly anything is left. */
const listRefusals = (spec: IdeaSpec, count: number): Served[] =>
  spec.constraints
    .flatMap(({ text }, index) => {
      const [, ruledOut] = /^The idea rules this out: (.+)\.$/u.exec(text) ?? []
      return ruledOut === undefined
        ? []
        : [
            {
              goal: `The product does without this: ${ruledOut} ${NOT_BUILT}.`,
              cites: [`IdeaSpec#/constraints/${String(index)}`],
            },
          ]
    })
    .slice(0, Math.max(0, LEAST_REQUIREMENTS - count))

/** What holds for a change of somebody's code, whatever the code is. */
const listChangeQualities = (spec: IdeaSpec): Prd['nonfunctional'] => {
  const cite = (pattern: RegExp): string[] => {
    const index = spec.goals.findIndex(({ text }) => pattern.test(text))
    return [index < 0 ? 'IdeaSpec#/summary' : `IdeaSpec#/goals/${String(index)}`]
  }
  return [
    {
      text: 'What works before the change works after it.',
      measure: 'Of the tests that pass before the change, 0 fail after it.',
      cites: cite(/\bstill holds\b/u),
    },
    {
      text: 'The change is seen by a test.',
      measure: 'At least 1 test fails without the change and passes with it.',
      cites: cite(/\bfails without the change\b/u),
    },
    {
      text: 'The change brings nothing of others along.',
      measure: 'The manifests name 0 packages more than before.',
      cites: cite(/\bno further package\b/u),
    },
  ]
}

const getOverview = (
  spec: IdeaSpec,
  { noun, features }: Design,
  form: ParsedIdea['demands']['form'],
): string =>
  form?.isChange === true
    ? `The idea asks for ${form.label}. Rules change no code that they did not write, so that every requirement of it stays open.`
    : form?.isProduct === true
      ? `The idea asks for ${form.label}, and its requirements stand first. No rule builds them. What rules build is a web service that keeps ${noun.many}; it does not stand in for what was asked.`
      : `This service keeps ${noun.many} in one place for ${getInner(spec.users[0]?.name ?? 'its users')} and gives them to ${features.includes('page') ? 'a browser and to programs' : 'programs'} by HTTP.`

/** The requirements of an accepted specification: one for each goal, in the order of the goals. */
export const writePrd = (spec: IdeaSpec, idea: ParsedIdea): Prd => {
  const design = readDesignOfSpec(spec, idea)
  const { noun } = design
  const { form } = idea.demands
  const served = listServed(spec, form?.isChange === true)
  const cites = (pattern: RegExp): string[] => {
    const index = spec.constraints.findIndex(({ text }) => pattern.test(text))
    return [index < 0 ? 'IdeaSpec#/summary' : `IdeaSpec#/constraints/${String(index)}`]
  }
  return {
    title: spec.title,
    overview: getOverview(spec, design, form),
    requirements: [...served, ...listRefusals(spec, served.length)]
      .slice(0, 60)
      .map((each, index) => writeRequirement(each, design, index)),
    nonfunctional:
      form?.isChange === true
        ? listChangeQualities(spec)
        : [
            {
              text: 'The service needs no package beside Node.js 24.',
              measure: 'The dependencies of package.json count 0.',
              cites: cites(/packages?\b/iu),
            },
            {
              text: 'A body above 65536 bytes is refused and nothing of it is kept.',
              measure: `A test sends 70000 bytes to POST /${noun.path} and expects status 413.`,
              cites: cites(/\bbytes\b/iu),
            },
            {
              text: 'A write that is cut off leaves the file as it was before.',
              measure:
                'Each write goes to a second file, which then takes the name of the first: 2 steps, of which the last is one rename.',
              cites: cites(/\bone file\b/iu),
            },
            {
              text: 'A monitor can ask whether the service is up.',
              measure: 'GET /healthz answers status 200 in every state of the data.',
              cites: cites(/\bmonitor\b/iu),
            },
            {
              text: `Stored ${noun.many} are listed without a wait that a reader notices.`,
              measure: `95 of 100 answers to GET /${noun.path} arrive within 1000 ms while 10 callers ask at one time.`,
              cites: ['IdeaSpec#/summary'],
            },
          ],
    out_of_scope: [...spec.out_of_scope].slice(0, 20),
  }
}
