import type { FeatureName } from '../../design.ts'
import { getArticle } from '../../words.ts'
import type { Blueprint } from '../blueprint.ts'
import { findTextField, getChangedField, getMainField } from './samples.ts'

/** A test as source, its name beginning with the ids of what it proves. */
export type WriteTest = (blueprint: Blueprint, ids: string) => string

export const writeTest = (name: string, body: string): string => `test('${name}', async (t) => {
  const service = await startService(t)
${body.trimEnd()}
})
`

const create: WriteTest = ({ design: { noun } }, ids) => {
  const path = `/${noun.path}`
  return [
    writeTest(
      `${ids} stores ${getArticle(noun.one)} ${noun.one} and gives it back by its id`,
      `  const made = await service.call('POST', '${path}', sample(1))
  assert.equal(made.status, 201)
  assert.ok(Number.isInteger(made.json.id))
  assert.equal(made.headers.get('location'), '${path}/' + made.json.id)
  assert.deepEqual(made.json, { ...made.json, ...sample(1) })
  const read = await service.call('GET', '${path}/' + made.json.id)
  assert.equal(read.status, 200)
  assert.deepEqual(read.json, made.json)`,
    ),
    writeTest(
      `${ids} answers 404 for an id that was not given out`,
      `  await service.store(sample(1))
  for (const id of ['2', '0', '-1', 'x', '1e0', '__proto__', '%00']) {
    const answer = await service.call('GET', '${path}/' + id)
    assert.equal(answer.status, 404, id)
    assert.equal(answer.json.error.code, 'NOT_FOUND')
  }
`,
    ),
  ].join('\n')
}

const refuse: WriteTest = (blueprint, ids) => {
  const { noun, fields } = blueprint.design
  const main = getMainField(blueprint)
  const path = `/${noun.path}`
  const missing = `  const rest = sample(1)
  delete rest.${main.name}
  const lacking = await service.call('POST', '${path}', rest)
  assert.equal(lacking.status, 400)
  assert.equal(lacking.json.error.field, '${main.name}')
`
  return [
    writeTest(
      `${ids} names the field that is missing, of another type or not known`,
      `${main.required ? missing : ''}  for (const name of [${fields.map(({ name }) => `'${name}'`).join(', ')}]) {
    const wrong = await service.call('POST', '${path}', sample(1, { [name]: { not: 'this' } }))
    assert.equal(wrong.status, 400, name)
    assert.equal(wrong.json.error.field, name)
  }
  const unknown = await service.call('POST', '${path}', sample(1, { surprise: 1 }))
  assert.equal(unknown.status, 400)
  assert.equal(unknown.json.error.code, 'FIELD_UNKNOWN')
  const stored = await service.call('GET', '${path}')
  assert.equal(stored.json.items.length, 0)`,
    ),
    writeTest(
      `${ids} answers a body that is not JSON, no object, of another type or too long`,
      `  const broken = ['{"', '[]', 'null', '"text"', '[' + '['.repeat(20000), '{"__proto__": {"id": 7}}']
  for (const raw of broken) {
    const answer = await service.call('POST', '${path}', undefined, { raw })
    assert.equal(answer.status, 400, raw.slice(0, 40))
    assert.ok(answer.json.error.message)
  }
  const asText = await service.call('POST', '${path}', undefined, { raw: '{}', type: 'text/plain' })
  assert.equal(asText.status, 415)
  const long = await service.call('POST', '${path}', undefined, { raw: '"' + 'x'.repeat(69998) + '"' })
  assert.equal(long.status, 413)
  const stored = await service.call('GET', '${path}')
  assert.equal(stored.json.items.length, 0)`,
    ),
  ].join('\n')
}

const list: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} lists all ${noun.many}, oldest first, and nothing at the start`,
    `  const empty = await service.call('GET', '/${noun.path}')
  assert.equal(empty.status, 200)
  assert.deepEqual(empty.json.items, [])
  const stored = [await service.store(sample(1)), await service.store(sample(2)), await service.store(sample(3))]
  const listed = await service.call('GET', '/${noun.path}')
  assert.equal(listed.status, 200)
  assert.deepEqual(listed.json.items, stored)`,
  )

const change: WriteTest = (blueprint, ids) => {
  const { noun } = blueprint.design
  const { name } = getChangedField(blueprint)
  return writeTest(
    `${ids} changes one field of ${getArticle(noun.one)} ${noun.one} and leaves the others`,
    `  const made = await service.store(sample(1))
  const path = '/${noun.path}/' + made.id
  const changed = await service.call('PATCH', path, { ${name}: sample(2).${name} })
  assert.equal(changed.status, 200)
  assert.deepEqual(changed.json, { ...made, ${name}: sample(2).${name} })
  const wrong = await service.call('PATCH', path, { ${name}: { not: 'this' } })
  assert.equal(wrong.status, 400)
  assert.equal((await service.call('PATCH', path, { id: 9 })).status, 400)
  assert.deepEqual((await service.call('GET', path)).json, changed.json)
  assert.equal((await service.call('PATCH', '/${noun.path}/99', {})).status, 404)`,
  )
}

const remove: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} removes ${getArticle(noun.one)} ${noun.one} once and for all`,
    `  const made = await service.store(sample(1))
  const kept = await service.store(sample(2))
  const path = '/${noun.path}/' + made.id
  assert.equal((await service.call('DELETE', path)).status, 204)
  assert.equal((await service.call('GET', path)).status, 404)
  assert.equal((await service.call('DELETE', path)).status, 404)
  assert.deepEqual((await service.call('GET', '/${noun.path}')).json.items, [kept])`,
  )

const keep: WriteTest = ({ design }, ids) => {
  const { noun } = design
  const newId = design.features.includes('remove')
    ? `  const [, last] = before.json.items
  assert.equal((await service.call('DELETE', '/${noun.path}/' + last.id)).status, 204)
  await service.restart()
  const next = await service.store(sample(3))
  assert.notEqual(next.id, last.id)`
    : `  const next = await service.store(sample(3))
  assert.ok(before.json.items.every(({ id }) => id !== next.id))`
  return writeTest(
    `${ids} has the same ${noun.many} after a restart and gives no id twice`,
    `  await service.store(sample(1))
  await service.store(sample(2))
  const before = await service.call('GET', '/${noun.path}')
  await service.restart()
  const after = await service.call('GET', '/${noun.path}')
  assert.equal(after.json.items.length, 2)
  assert.deepEqual(after.json, before.json)
${newId}`,
  )
}

const page: WriteTest = (blueprint, ids) => {
  const { noun } = blueprint.design
  const text = findTextField(blueprint)
  const main = getMainField(blueprint)
  const markup = `  const tag = '<script>alert("1")</script>'
  await service.store(sample(2, { ${text?.name ?? ''}: tag }))
  const marked = await service.call('GET', '/')
  assert.ok(!marked.text.includes('<script'))
  assert.ok(marked.text.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'))
`
  const filled = `  const form = new URLSearchParams(
    Object.entries(sample(3)).map(([name, value]) => [name, Array.isArray(value) ? value.join('\\n') : String(value)]),
  )
  const type = 'application/x-www-form-urlencoded'
  const sent = await service.call('POST', '/', undefined, { raw: form.toString(), type })
  assert.equal(sent.status, 303)
  const listed = await service.call('GET', '/${noun.path}')
  const last = listed.json.items.at(-1)
  assert.deepEqual(last, { ...last, ...sample(3) })`
  return [
    writeTest(
      `${ids} shows a page with the ${noun.many}, a label for each input, and markup as text`,
      `  assert.match((await service.call('GET', '/')).text, /There are no ${noun.many} yet/)
  await service.store(sample(1))
  const page = await service.call('GET', '/')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type'), /^text\\/html/)
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'/)
  const [, style] = /<link rel="stylesheet" href="([^"]+)">/.exec(page.text) ?? []
  assert.match((await service.call('GET', style)).headers.get('content-type'), /^text\\/css/)
  const inputs = [...page.text.matchAll(/<(?:input|textarea) [^>]*id="([^"]+)"/g)].map(([, id]) => id)
  assert.equal(inputs.length, ${String(blueprint.design.fields.length)})
  for (const id of inputs) assert.equal(page.text.split('<label for="' + id + '">').length, 2, id)
  assert.match(page.text, /oldest first: 1/)
  assert.ok(page.text.includes('<td>' + [sample(1).${main.name}].flat().join(', ') + '</td>'))
${text === undefined ? '' : markup}`,
    ),
    writeTest(
      `${ids} stores a sent form, and gives it back with the reason where it cannot`,
      `${filled}
  form.set('${main.name}', '')
  const empty = await service.call('POST', '/', undefined, { raw: form.toString(), type })
  assert.equal(empty.status, ${main.required ? '400' : '303'})
${main.required ? `  assert.match(empty.text, /role="alert">Nothing was stored: ${main.name} is required/)\n` : ''}  assert.equal((await service.call('POST', '/', {})).status, 415)`,
    ),
  ].join('\n')
}

/** Tests of what nearly every service does. */
export const RECORD_TESTS: Readonly<Partial<Record<FeatureName, WriteTest>>> = {
  create,
  refuse,
  list,
  change,
  remove,
  keep,
  page,
}
