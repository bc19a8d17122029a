import { hasFeature, type FeatureName } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'
import { EXTRA_MODULES } from './extra-modules.ts'

/** Source modules of the extras that the blueprint has, by file name. */
export const writeExtraModules = (blueprint: Blueprint): ReadonlyMap<string, string> =>
  new Map(listExtras(blueprint).map(({ name, write }) => [`src/${name}.js`, write(blueprint)]))

const listExtras = ({ design }: Blueprint) => EXTRA_MODULES.filter(({ name }) => hasFeature(design, name))

/** A feature's name in code: `export` is a word of the language. */
const getVariable = (name: FeatureName): string => `${name}Feature`

/** `src/features.js`: what each feature adds; the other modules ask this list and know none by name. */
export const writeFeatures = (blueprint: Blueprint): string => {
  const extras = listExtras(blueprint)
  return [
    ...extras.map(({ name }) => `import { ${getVariable(name)} } from './${name}.js'`),
    ...(extras.length > 0 ? [''] : []),
    '/**',
    ' * What the features add. Each may have: routes and lastRoutes; complete (fills in a new record); check',
    ' * (refuses one); findSame (a stored one that says the same); select (narrows a list); show (hides parts).',
    ' */',
    `export const features = [${extras.map(({ name }) => getVariable(name)).join(', ')}]`,
    '',
  ].join('\n')
}
