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

/** `test/support.js`: a service of its own for each test, and samples. */
export const writeSupport = ({ design }: Blueprint): string => {
  const fields = design.fields.map((field) => `  ${field.name}: ${SAMPLES[field.type](field)},`)
  return `import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createService } from '../src/service.js'

/** A body that the service takes. Samples of another n, from 1 to 9, differ. */
export const sample = (n, changes = {}) => ({
${fields.join('\n')}
  ...changes,
})

const start = async (dataFile) => {
  const server = await createService({ dataFile })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return server
}

const stop = (server) =>
  new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })

/** Starts a service on a free port with a file of its own; both are gone when the test ends. */
export const startService = async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'service-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const dataFile = join(folder, 'data', 'records.json')
  let server = await start(dataFile)
  t.after(() => stop(server))

  /** Sends JSON, or raw text of a type, and gives back status, headers, text and JSON where it is some. */
  const call = async (method, path, body, { raw, type = 'application/json' } = {}) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch('http://127.0.0.1:' + server.address().port + path, {
      method,
      redirect: 'manual',
      ...(text === undefined ? {} : { body: text, headers: { 'content-type': type } }),
    })
    const answer = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
    return { status: response.status, headers: response.headers, text: answer, json: isJson ? JSON.parse(answer) : undefined }
  }

  /** Stores a body and gives back the record. Fails where it was not stored. */
  const store = async (body) => {
    const { status, json, text } = await call('POST', '/${design.noun.path}', body)
    if (status !== 201) throw new Error('expected status 201, got ' + status + ': ' + text)
    return json
  }

  const restart = async () => {
    await stop(server)
    server = await start(dataFile)
  }
  return { call, store, restart }
}
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
