import type { ArchitectureDoc } from '@ropewalk/core/contract/documents/architecture'
import type { FeatureName } from '../../design.ts'
import { clip, joinWords } from '../../words.ts'
import type { Product } from './product.ts'

export type Component = ArchitectureDoc['components'][number]
export type ComponentKey = 'page' | 'http' | 'records' | 'rules' | 'extras' | 'store' | 'open'

type Plan = {
  readonly key: ComponentKey
  readonly name: string
  readonly kind: Component['kind']
  readonly responsibility: string
  readonly needs: readonly ComponentKey[]
  readonly features: readonly FeatureName[]
}

const BASE: readonly FeatureName[] = ['create', 'refuse', 'list', 'change', 'remove', 'keep', 'page']

const listPlans = (product: Product): Plan[] => {
  const { design, has } = product
  const { noun } = design
  const extras = design.features.filter((name) => !BASE.includes(name))
  return [
    ...(has('page')
      ? [
          {
            key: 'page' as const,
            name: 'Web page',
            kind: 'interface' as const,
            responsibility: `Shows ${noun.many} as a table and takes one from a form; everything stored is escaped.`,
            needs: ['records' as const],
            features: ['page', 'create', 'list'] as const,
          },
        ]
      : []),
    {
      key: 'http',
      name: 'HTTP interface',
      kind: 'interface',
      responsibility: `Finds the route of a request, reads and bounds its body, and answers in JSON.`,
      needs: ['records', ...(extras.length > 0 ? ['extras' as const] : [])],
      features: design.features.filter((name) => name !== 'page' && name !== 'keep'),
    },
    {
      key: 'records',
      name: `Records of ${noun.many}`,
      kind: 'service',
      responsibility: `Stores, lists${has('change') ? ', changes' : ''}${has('remove') ? ' and removes' : ''} one ${noun.one} at a time.`,
      needs: ['rules', 'store'],
      features: ['create', 'list', 'change', 'remove'],
    },
    {
      key: 'rules',
      name: 'Field rules',
      kind: 'module',
      responsibility: `Says of ${joinWords(design.fields.map(({ name }) => name))} which values each takes, and names the first that breaks its rule.`,
      needs: [],
      features: ['refuse'],
    },
    ...(extras.length > 0
      ? [
          {
            key: 'extras' as const,
            name: 'Features',
            kind: 'module' as const,
            responsibility: `One module each for ${joinWords(extras)}; the other parts ask the list of them and know none by name.`,
            needs: ['store' as const],
            features: extras,
          },
        ]
      : []),
    {
      key: 'store',
      name: 'Store',
      kind: 'store',
      responsibility: `Keeps all ${noun.many} in one file, one change after the other, each on the disk before it is answered.`,
      needs: [],
      features: ['keep'],
    },
  ]
}

export type Components = {
  readonly list: readonly Component[]
  /** The id of a part, or undefined where this product has none of the kind. */
  readonly id: (key: ComponentKey) => string | undefined
  /** The ids of those parts that there are. */
  readonly ids: (...keys: readonly ComponentKey[]) => string[]
  readonly cite: (key: ComponentKey) => string
}

const writeId = (index: number): string => `COMP-${String(index + 1).padStart(3, '0')}`

/** The parts that the offline coder builds, with their requirements; those that nobody builds are one part more. */
export const makeComponents = (product: Product): Components => {
  const { gaps, ids, cite, has } = product
  const plans = listPlans(product)
  const keys: readonly ComponentKey[] = plans.map(({ key }) => key)
  const getId = (key: ComponentKey): string | undefined => {
    const index = keys.indexOf(key)
    if (key === 'open') return gaps.length > 0 ? writeId(plans.length) : undefined
    return index < 0 ? undefined : writeId(index)
  }
  const getIds = (...wanted: readonly ComponentKey[]) => wanted.flatMap((key) => getId(key) ?? [])
  const list = plans.map(({ key, name, kind, responsibility, needs, features }): Component => {
    const own = features.filter((feature) => has(feature))
    return {
      id: getId(key) ?? '',
      name: clip(name, 150),
      responsibility,
      kind,
      depends_on: getIds(...needs),
      requirements: ids(...own),
      cites: cite(...own),
    }
  })
  const open: Component[] =
    gaps.length === 0
      ? []
      : [
          {
            id: getId('open') ?? '',
            name: 'Open parts',
            responsibility: `Stands for what no rule builds: ${clip(joinWords(gaps.map(({ title }) => title)), 1500)}. Nothing of it exists.`,
            kind: 'external',
            depends_on: [],
            requirements: gaps.map(({ id }) => id),
            cites: gaps.slice(0, 20).map((gap) => gap.cite),
          },
        ]
  const all = [...list, ...open]
  return {
    list: all,
    id: getId,
    ids: getIds,
    cite: (key) => {
      const index = all.findIndex(({ id }) => id === getId(key))
      return index < 0 ? `PRD#/requirements/0` : `ArchitectureDoc#/components/${String(index)}`
    },
  }
}
