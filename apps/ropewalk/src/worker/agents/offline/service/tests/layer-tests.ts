import type { FeatureName } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

/** The ids of the first of the features that has some, with a space behind; empty where none has. */
const getPrefix = ({ ids }: Blueprint, ...names: readonly FeatureName[]): string => {
  const found = names.map((name) => ids.get(name)).find((each) => each !== undefined)
  return found === undefined ? '' : `${found.join(' ')} `
}

/** `test/store.test.js`: the records without the service around them. */
export const writeStoreTests = (blueprint: Blueprint): string => {
  const prefix = getPrefix(blueprint, 'keep', 'create')
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../src/store.js'
import { enterFolder } from './folder.js'

const add = (store, name) => store.add((id) => ({ id, name }))

test('${prefix}the store gives ids in order and finds records by them', async (t) => {
  t.after(await enterFolder())
  const store = await openStore()
  assert.deepEqual(store.list(), [])
  const { entry, isNew } = await add(store, 'first')
  await add(store, 'second')
  assert.equal(isNew, true)
  assert.deepEqual(entry, { id: 1, name: 'first' })
  assert.deepEqual(store.list().map(({ id }) => id), [1, 2])
  assert.deepEqual(store.get('2'), { id: 2, name: 'second' })
  for (const id of ['3', '0', '01', 'x', '__proto__']) assert.throws(() => store.get(id), { status: 404 }, id)
})

test('${prefix}the store has on the disk what it said it stored', async (t) => {
  t.after(await enterFolder())
  const store = await openStore()
  await Promise.all(['first', 'second', 'third'].map((name) => add(store, name)))
  await store.update('2', (old) => ({ ...old, name: 'changed' }))
  await store.remove('3')
  const again = await openStore()
  assert.deepEqual(again.list(), [{ id: 1, name: 'first' }, { id: 2, name: 'changed' }])
  assert.equal((await add(again, 'next')).entry.id, 4)
})

test('${prefix}the store keeps what it had when a change is refused', async (t) => {
  t.after(await enterFolder())
  const store = await openStore()
  const refuse = () => {
    throw new Error('refused')
  }
  const ended = await Promise.allSettled([add(store, 'first'), store.add(refuse), add(store, 'second')])
  assert.deepEqual(ended.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
  await assert.rejects(store.update('1', refuse), { message: 'refused' })
  await assert.rejects(store.remove('9'), { status: 404 })
  assert.deepEqual((await openStore()).list(), [{ id: 1, name: 'first' }, { id: 2, name: 'second' }])
})

test('${prefix}the store stores nothing twice that is there already', async (t) => {
  t.after(await enterFolder())
  const store = await openStore()
  const { entry } = await add(store, 'first')
  assert.deepEqual(await store.add((_id, entries) => entries[0]), { entry, isNew: false })
  assert.equal(store.list().length, 1)
})
`
}

/** `test/service.test.js`: what every address of the service does alike. */
export const writeServiceTests = (blueprint: Blueprint): string => {
  const { path } = blueprint.design.noun
  const prefix = getPrefix(blueprint, 'refuse', 'create')
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sample } from './samples.js'
import { startService } from './support.js'

test('${prefix}every answer has the headers that keep a browser safe', async (t) => {
  const service = await startService(t)
  for (const address of ['/healthz', '/${path}', '/${path}/1', '/no/such/place']) {
    const { headers } = await service.call('GET', address)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', address)
    assert.equal(headers.get('x-frame-options'), 'DENY', address)
    assert.equal(headers.get('referrer-policy'), 'same-origin', address)
    assert.match(headers.get('content-security-policy'), /default-src 'none'/, address)
  }
})

test('${prefix}an address answers the methods it has and names them for any other', async (t) => {
  const service = await startService(t)
  assert.equal((await service.call('GET', '/healthz')).json.status, 'ok')
  assert.equal((await service.call('HEAD', '/${path}')).status, 200)
  const put = await service.call('PUT', '/${path}')
  assert.equal(put.status, 405)
  assert.equal(put.headers.get('allow'), 'GET, HEAD, POST')
  assert.equal((await service.call('GET', '/no/such/place')).status, 404)
  assert.equal((await service.call('GET', '/${path}/%E0%A4%A')).status, 400)
})

test('${prefix}a refusal repeats nothing of what was sent and shows nothing of the code', async (t) => {
  const service = await startService(t)
  const mark = 'zq7x<script>zq7x</script>'
  const answers = [
    await service.call('GET', '/${path}/' + encodeURIComponent(mark)),
    await service.call('POST', '/${path}', sample(1, { [mark]: mark })),
    await service.call('POST', '/${path}', undefined, { raw: mark }),
    await service.call('POST', '/${path}', undefined, { raw: '{}', type: 'text/' + encodeURIComponent(mark) }),
  ]
  for (const { status, text } of answers) {
    assert.ok(status >= 400 && status < 500, text)
    assert.ok(!text.includes('zq7x'), text)
    assert.ok(!/\\bat .*\\.js/.test(text), text)
  }
})

test('${prefix}keys that mean something to JavaScript are fields like any other that is not known', async (t) => {
  const service = await startService(t)
  for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
    const raw = '{' + JSON.stringify(key) + ': {"polluted": true}, ' + JSON.stringify(sample(1)).slice(1)
    const answer = await service.call('POST', '/${path}', undefined, { raw })
    assert.equal(answer.status, 400, key)
    assert.equal({}.polluted, undefined)
  }
  assert.equal((await service.call('GET', '/${path}')).json.items.length, 0)
})
`
}

/** `test/start.test.js`: the service as a process. */
export const writeStartTests = (blueprint: Blueprint): string => {
  const { path } = blueprint.design.noun
  const prefix = getPrefix(blueprint, 'keep', 'create')
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProcess } from './process.js'
import { sample } from './samples.js'

test('${prefix}the service starts, stops in order when told, and has its records when it starts again', async (t) => {
  const service = await startProcess(t)
  assert.equal((await service.call('GET', '/healthz')).status, 200)
  const made = await service.store(sample(1))
  assert.equal(await service.stop(), 0)
  await service.restart()
  assert.deepEqual((await service.call('GET', '/${path}')).json.items, [made])
})
`
}
