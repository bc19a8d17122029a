import { hasFeature } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'
import { findTextField, getChangedField, getMainField } from './samples.ts'

/** The body of a test; `service` is the running service, `sample(n)` a body it takes. */
export type Criterion = { readonly body: string; readonly isEmpty: boolean }

/**
 * One test for each acceptance criterion of a feature, in the order in which the feature names them. Null
 * where no test can be made.
 */
export type WriteCriteria = (blueprint: Blueprint) => readonly (string | Criterion | null)[]

/** A test that counts on a service without records, where others share one. */
export const whenEmpty = (body: string): Criterion => ({ body, isEmpty: true })

const create: WriteCriteria = ({ design: { noun } }) => [
  `  const { status, json } = await service.call('POST', '/${noun.path}', sample(1))
  assert.equal(status, 201)
  assert.ok(Number.isInteger(json.id))
  assert.deepEqual(json, { ...json, ...sample(1) })`,
  `  const made = await service.store(sample(1))
  const { status, json } = await service.call('GET', '/${noun.path}/' + made.id)
  assert.equal(status, 200)
  assert.deepEqual(json, made)`,
  `  const made = await service.store(sample(1))
  assert.equal((await service.call('GET', '/${noun.path}/' + (made.id + 1))).status, 404)`,
]

const refuse: WriteCriteria = (blueprint) => {
  const { path } = blueprint.design.noun
  const main = getMainField(blueprint)
  return [
    main.required
      ? `  const count = async () => (await service.call('GET', '/${path}')).json.items.length
  const before = await count()
  const body = sample(2)
  delete body.${main.name}
  const { status, json } = await service.call('POST', '/${path}', body)
  assert.equal(status, 400)
  assert.equal(json.error.field, '${main.name}')
  assert.equal(await count(), before)`
      : null,
    `  assert.equal((await service.call('POST', '/${path}', sample(1, { surprise: 1 }))).status, 400)`,
    `  const { status, json } = await service.call('POST', '/${path}', undefined, { raw: '{"' })
  assert.equal(status, 400)
  assert.ok(json.error.message)`,
    `  const raw = JSON.stringify('x'.repeat(69998))
  assert.equal(raw.length, 70000)
  assert.equal((await service.call('POST', '/${path}', undefined, { raw })).status, 413)`,
  ]
}

const list: WriteCriteria = ({ design: { noun } }) => [
  whenEmpty(`  for (const n of [3, 1, 2]) await service.store(sample(n))
  const { status, json } = await service.call('GET', '/${noun.path}')
  assert.equal(status, 200)
  const ids = json.items.map(({ id }) => id)
  assert.equal(ids.length, 3)
  assert.deepEqual(ids, ids.toSorted((a, b) => a - b))`),
  whenEmpty(`  const { status, json } = await service.call('GET', '/${noun.path}')
  assert.equal(status, 200)
  assert.deepEqual(json.items, [])`),
]

const change: WriteCriteria = (blueprint) => {
  const { path } = blueprint.design.noun
  const { name } = getChangedField(blueprint)
  return [
    `  const made = await service.store(sample(1))
  const { ${name} } = sample(2)
  const { status, json } = await service.call('PATCH', '/${path}/' + made.id, { ${name} })
  assert.equal(status, 200)
  assert.deepEqual(json, { ...made, ${name} })`,
    `  const made = await service.store(sample(1))
  const answer = await service.call('PATCH', '/${path}/' + made.id, { ${name}: { not: 'this' } })
  assert.equal(answer.status, 400)
  assert.deepEqual((await service.call('GET', '/${path}/' + made.id)).json, made)`,
  ]
}

const remove: WriteCriteria = ({ design: { noun } }) => [
  `  const made = await service.store(sample(1))
  assert.equal((await service.call('DELETE', '/${noun.path}/' + made.id)).status, 204)
  assert.equal((await service.call('GET', '/${noun.path}/' + made.id)).status, 404)`,
  `  const made = await service.store(sample(1))
  await service.call('DELETE', '/${noun.path}/' + made.id)
  assert.equal((await service.call('DELETE', '/${noun.path}/' + made.id)).status, 404)`,
]

const keep: WriteCriteria = ({ design }) => [
  whenEmpty(`  const stored = [await service.store(sample(1)), await service.store(sample(2))]
  await service.restart()
  assert.deepEqual((await service.call('GET', '/${design.noun.path}')).json.items, stored)`),
  hasFeature(design, 'remove')
    ? `  const removed = await service.store(sample(1))
  await service.call('DELETE', '/${design.noun.path}/' + removed.id)
  await service.restart()
  assert.notEqual((await service.store(sample(2))).id, removed.id)`
    : null,
]

const page: WriteCriteria = (blueprint) => {
  const { noun } = blueprint.design
  const main = getMainField(blueprint)
  const text = findTextField(blueprint)
  return [
    `  const made = await service.store(sample(1))
  const { status, headers, text } = await service.call('GET', '/')
  assert.equal(status, 200)
  assert.match(headers.get('content-type'), /^text\\/html/)
  assert.ok(text.includes([made.${main.name}].flat().join(', ')))
  const ids = [...text.matchAll(/<(?:input|textarea) [^>]*id="([^"]+)"/g)].map(([, id]) => id)
  assert.ok(ids.length > 0)
  for (const id of ids) assert.equal(text.split('<label for="' + id + '">').length, 2, id)`,
    `  const values = Object.entries(sample(3)).map(([name, value]) => [name, [value].flat().join('\\n')])
  const raw = new URLSearchParams(values).toString()
  const sent = await service.call('POST', '/', undefined, { raw, type: 'application/x-www-form-urlencoded' })
  assert.equal(sent.status, 303)
  assert.ok((await service.call('GET', '/')).text.includes([sample(3).${main.name}].flat().join(', ')))
  const { items } = (await service.call('GET', '/${noun.path}')).json
  assert.deepEqual(items.at(-1), { ...items.at(-1), ...sample(3) })`,
    text === undefined
      ? null
      : `  await service.store(sample(1, { ${text.name}: '<script>alert("1")</script>' }))
  const shown = await service.call('GET', '/')
  assert.ok(!shown.text.includes('<script'))
  assert.ok(shown.text.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'))`,
  ]
}

/** Tests of the criteria of what nearly every service does. */
export const RECORD_CRITERIA = { create, refuse, list, change, remove, keep, page } as const
