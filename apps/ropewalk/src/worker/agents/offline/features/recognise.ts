import { isNotBuilt } from '../demands.ts'
import { FEATURE_NAMES, type Design, type FeatureName } from '../design.ts'
import { EXTRA_FEATURES } from './extras.ts'
import type { Feature } from './feature.ts'
import { RECORD_FEATURES } from './records.ts'

const BY_NAME = new Map<FeatureName, Feature>(
  [...RECORD_FEATURES, ...EXTRA_FEATURES].map((feature) => [feature.name, feature]),
)

/** From the narrow to the broad: "list overdue invoices" is `overdue` before it is `list`. */
const PRECEDENCE: readonly FeatureName[] = [
  'page', 'export', 'keep', 'visits', 'redirect', 'results', 'vote', 'apart', 'stock', 'low', 'status', 'overdue', 'average',
  'search', 'owner', 'tag', 'refuse', 'remove', 'total', 'change', 'create', 'list',
] // prettier-ignore

export const getFeature = (name: FeatureName): Feature => {
  const feature = BY_NAME.get(name)
  if (feature === undefined) throw new RangeError(`There is no feature ${name}.`)
  return feature
}

/** Which feature the texts speak of, looking at the first before the second; undefined where none fits. */
export const findFeature = (...texts: readonly string[]): Feature | undefined => {
  // Words of the idea may sound like a feature and still ask for something else.
  if (texts.some(isNotBuilt)) return undefined
  for (const text of texts)
    for (const name of PRECEDENCE) {
      const feature = getFeature(name)
      if (feature.pattern.test(text)) return feature
    }
  return undefined
}

/** The design's features in the order in which documents tell them: what is stored first, the page last. */
export const listFeatures = (design: Design): Feature[] => {
  const early: readonly FeatureName[] = ['create', 'refuse', 'list']
  const late: readonly FeatureName[] = ['change', 'remove', 'keep', 'page']
  const middle = FEATURE_NAMES.filter((name) => !early.includes(name) && !late.includes(name))
  return [...early, ...middle, ...late].filter((name) => design.features.includes(name)).map(getFeature)
}
