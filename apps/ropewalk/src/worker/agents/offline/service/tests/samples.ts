import { hasFeature, type Field, type FieldType } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

const getLabel = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1).replaceAll('_', ' ')

/** The value of a field in the `n`-th sample, as source: `n` counts from 1 to 9. */
const SAMPLES: Readonly<Record<FieldType, (field: Field) => string>> = {
  'short text': ({ name }) => `'${getLabel(name)} ' + n`,
  'long text': ({ name }) => `'${getLabel(name)} number ' + n + '.'`,
  amount: () => '10.5 * n',
  'whole number': ({ max }) => (max === null ? '5 + n' : `1 + (n % ${String(max)})`),
  date: () => "'2026-03-0' + n",
  'date and time': ({ name }) =>
    /end|until|to$/u.test(name) ? "'2026-03-01T1' + n + ':45'" : "'2026-03-01T1' + n + ':15'",
  'web address': () => "'https://example.org/page-' + n",
  'email address': () => "'person' + n + '@example.org'",
  'list of short texts': () => "['Red', 'Green', 'Blue ' + n]",
}

/** `test/samples.js`: bodies that the service takes. */
export const writeSamples = ({ design }: Blueprint): string => {
  const fields = design.fields.map((field) => `  ${field.name}: ${SAMPLES[field.type](field)},`)
  return `/** A body that the service takes. Samples of another n, from 1 to 9, differ. */
export const sample = (n, changes = {}) => ({
${fields.join('\n')}
  ...changes,
})
`
}

/** The first field that must be given, or the first of all. */
export const getMainField = ({ design }: Blueprint): Field => {
  const [first] = design.fields
  const found = design.fields.find(({ required }) => required) ?? first
  if (found === undefined) throw new RangeError('A blueprint has at least one field.')
  return found
}

/** A field that takes any text, such as markup; undefined where there is none. */
export const findTextField = ({ design }: Blueprint): Field | undefined =>
  design.fields.find(({ type }) => type === 'short text' || type === 'long text')

/** A field whose change disturbs no rule of another feature. */
export const getChangedField = (blueprint: Blueprint): Field => {
  const { design } = blueprint
  const isBound = ({ name }: Field) => hasFeature(design, 'apart') && ['start', 'end'].includes(name)
  return (
    design.fields.find((field) => !isBound(field) && field.type !== 'list of short texts') ??
    getMainField(blueprint)
  )
}
