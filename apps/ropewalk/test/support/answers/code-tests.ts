const IMPORTS = `import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
`

const makeBase = (make: string): string => `
const app = ${make}
let base
before(async () => {
  await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve))
  base = 'http://127.0.0.1:' + app.address().port
})
after(() => {
  app.closeAllConnections()
  app.close()
})

const post = (body) => fetch(base + '/links', { method: 'POST', body: JSON.stringify(body) })
const shorten = async (url) => (await (await post({ url })).json()).code
const follow = (code) => fetch(base + '/' + code, { redirect: 'manual' })
`

export const STORE_TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeStore } from '../src/store.js'

test('a link that is added is found by its code, with no clicks', () => {
  const store = makeStore(() => 'abcdefg')
  assert.deepEqual(store.add('https://example.com/a'), { code: 'abcdefg', url: 'https://example.com/a', clicks: 0 })
  assert.equal(store.find('abcdefg').url, 'https://example.com/a')
  assert.equal(store.find('unknown'), undefined)
})

test('clicks are counted one by one, and copies do not change what is stored', () => {
  const store = makeStore()
  const { code } = store.add('https://example.com/b')
  assert.match(code, /^[A-Za-z0-9_-]{7}$/)
  store.find(code).clicks = 99
  assert.equal(store.count(code).clicks, 1)
  assert.equal(store.count(code).clicks, 2)
  assert.equal(store.count('unknown'), undefined)
})
`

export const SERVICE_TEST = `${IMPORTS}import { getAddress, makeService } from '../src/service.js'
import { makeStore } from '../src/store.js'
${makeBase('makeService({ store: makeStore() })')}
test('an address is an http or https one in its normal form', () => {
  assert.equal(getAddress({ url: 'https://example.com' }), 'https://example.com/')
  for (const body of [null, 1, {}, { url: 1 }, { url: 'example' }, { url: 'ftp://example.com' }])
    assert.equal(getAddress(body), undefined)
})

test('answers its health, refuses other methods and bodies over the limit', async () => {
  assert.equal((await fetch(base + '/healthz')).status, 200)
  assert.equal((await fetch(base + '/links', { method: 'DELETE' })).status, 405)
  assert.equal((await post({ url: 'https://example.com/' + 'a'.repeat(10_001) })).status, 400)
})

test('a stored link is shown and followed', async () => {
  const code = await shorten('https://example.com/c')
  assert.equal((await follow(code)).status, 302)
  assert.equal((await (await fetch(base + '/links/' + code)).json()).clicks, 1)
})
`

export const PAGE_TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ASSETS } from '../src/page.js'

test('the page names its field and asks for its own files only', () => {
  const { body } = ASSETS.get('/')
  assert.match(body, /<label for="url">/)
  for (const [, path] of body.matchAll(/(?:src|href)="(\\/[^"]+)"/g)) assert.ok(ASSETS.has(path), path)
  assert.match(ASSETS.get('/style.css').body, /--color-text/)
})
`

export const WIRING_TEST = `${IMPORTS}import { makeApp } from '../src/app.js'
${makeBase('makeApp()')}
test('the routes and the page are served by one process', async () => {
  const page = await fetch(base + '/')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type'), /^text\\/html/)
  assert.equal((await follow(await shorten('https://example.com/d'))).status, 302)
})
`

/** The tests of requirements as bodies by id: the acceptance tests of the story loop are others. */
export const REQUIREMENT_TEST = `${IMPORTS}import { makeApp } from '../src/app.js'
${makeBase('makeApp()')}
test('REQ-001 stores an address under a code of 7 characters', async () => {
  const answer = await post({ url: 'https://example.com/a' })
  assert.equal(answer.status, 201)
  assert.match((await answer.json()).code, /^[A-Za-z0-9_-]{7}$/)
})

test('REQ-002 redirects from a code, and answers 404 for an unknown one', async () => {
  const answer = await follow(await shorten('https://example.com/b'))
  assert.equal(answer.status, 302)
  assert.equal(answer.headers.get('location'), 'https://example.com/b')
  assert.equal((await follow('unknown')).status, 404)
})

test('REQ-003 counts each redirect', async () => {
  const code = await shorten('https://example.com/c')
  await follow(code)
  await follow(code)
  const answer = await fetch(base + '/links/' + code)
  assert.equal(answer.status, 200)
  assert.equal((await answer.json()).clicks, 2)
})

test('REQ-004 refuses what is no http address', async () => {
  for (const body of [{ url: 'javascript:alert(1)' }, { url: 'no address' }, {}, null]) {
    const answer = await post(body)
    assert.equal(answer.status, 400)
    assert.ok((await answer.json()).error)
  }
})

test('REQ-005 shows a page with a field for the address', async () => {
  const page = await (await fetch(base + '/')).text()
  assert.match(page, /<input id="url"/)
  assert.equal((await fetch(base + '/page.js')).status, 200)
})
`

export const ACCEPTANCE_TEST = `${IMPORTS}import { makeApp } from '../src/app.js'
${makeBase('makeApp()')}
test('US-001 REQ-001 a publisher gets a code of 7 characters for an address', async () => {
  assert.equal((await shorten('https://example.com/1')).length, 7)
})

test('US-002 REQ-002 a reader is sent to the stored address', async () => {
  const answer = await follow(await shorten('https://example.com/2'))
  assert.equal(answer.headers.get('location'), 'https://example.com/2')
})

test('US-003 REQ-003 a publisher reads the count of redirects', async () => {
  const code = await shorten('https://example.com/3')
  await follow(code)
  assert.equal((await (await fetch(base + '/links/' + code)).json()).clicks, 1)
})

test('US-004 REQ-004 a publisher is told that an address is none', async () => {
  assert.equal((await post({ url: 'mailto:someone' })).status, 400)
})

test('US-005 REQ-005 a publisher opens the page', async () => {
  assert.match(await (await fetch(base + '/')).text(), /Address to shorten/)
})

test('US-006 REQ-006 a publisher lists the stored links', async () => {
  const code = await shorten('https://example.com/6')
  const { links } = await (await fetch(base + '/links')).json()
  assert.ok(links.some((link) => link.code === code && link.clicks === 0))
})
`

/** What the implementer of the story of REQ-006 proves of it. */
export const LIST_TEST = `${IMPORTS}import { makeApp } from '../src/app.js'
${makeBase('makeApp()')}
test('REQ-006 lists each stored link with its count', async () => {
  const code = await shorten('https://example.com/l')
  await follow(code)
  const answer = await fetch(base + '/links')
  assert.equal(answer.status, 200)
  assert.equal((await answer.json()).links.find((link) => link.code === code).clicks, 1)
})
`
