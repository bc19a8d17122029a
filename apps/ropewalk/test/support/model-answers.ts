/**
 * What a good model would hand in for a link shortener with click counts: documents that meet their
 * contracts and cite what is there, and the files of a service that works, with tests that prove it.
 */

const REQUIREMENTS = [
  {
    id: 'REQ-001',
    title: 'Shorten a link',
    statement:
      'The service stores an http or https address sent to POST /links and answers 201 with a code of 7 characters.',
    acceptance: [
      'POST /links with {"url":"https://example.com/a"} answers 201 and a body with a code of 7 characters.',
    ],
    cites: ['IdeaSpec#/goals/0'],
  },
  {
    id: 'REQ-002',
    title: 'Follow a link',
    statement: 'The service answers GET /CODE with status 302 and the stored address in the Location header.',
    acceptance: [
      'GET /CODE of a stored link answers 302 with the stored address in Location.',
      'GET of an unknown code answers 404.',
    ],
    cites: ['IdeaSpec#/goals/1'],
  },
  {
    id: 'REQ-003',
    title: 'Count clicks',
    statement:
      'The service adds 1 to the count of a link at each redirect and shows the count at GET /links/CODE.',
    acceptance: ['After 2 redirects GET /links/CODE answers 200 with clicks 2.'],
    cites: ['IdeaSpec#/goals/2'],
  },
  {
    id: 'REQ-004',
    title: 'Refuse what is no address',
    statement:
      'The service answers 400 with a JSON body that has an error field when the address is absent or is not http or https.',
    acceptance: ['POST /links with {"url":"javascript:alert(1)"} answers 400 and a body with error.'],
    cites: ['IdeaSpec#/constraints/0'],
  },
] as const

/** A document of each name that a model agent of the playbook hands in. */
export const GOOD_DOCUMENTS: Readonly<Record<string, unknown>> = {
  Clarifications: { questions: [], notes: 'The idea names the service and what it counts.' },
  IdeaSpec: {
    title: 'Link shortener with click counts',
    summary:
      'A web service that turns an http address into a code of 7 characters, redirects from the code and counts each redirect.',
    problem:
      'A long address does not fit a printed page, and its owner cannot see the count of people who followed it.',
    users: [
      {
        name: 'Publisher',
        need: 'Print a short address and read the count of times it was followed.',
        cites: ['Idea#/text'],
      },
    ],
    goals: [
      { text: 'Turn an http or https address into a code of 7 characters.', cites: ['Idea#/text'] },
      { text: 'Redirect from the code to the stored address.', cites: ['Idea#/text'] },
      { text: 'Count each redirect of a code and show the count.', cites: ['Idea#/text'] },
    ],
    constraints: [
      { text: 'Addresses other than http and https are refused with status 400.', cites: ['Idea#/text'] },
    ],
    out_of_scope: ['Accounts of users.', 'Storage that outlives the process.'],
    assumptions: [{ text: 'Counts are kept in memory of one process.', cites: ['Idea#/text'] }],
    success_measures: [
      { text: '10 of 10 followed links add 10 to the counts shown.', cites: ['Idea#/text'] },
    ],
    feasibility: {
      technical: {
        score: 0.95,
        reason: 'Three routes and a table in memory are enough.',
        cites: ['Idea#/text'],
      },
      financial: { score: 0.9, reason: 'It runs on 1 CPU core without packages.', cites: ['Idea#/text'] },
      operational: {
        score: 0.8,
        reason: 'One process has to be started again by hand.',
        cites: ['Idea#/text'],
      },
    },
  },
  PRD: {
    title: 'Link shortener with click counts',
    overview:
      'An HTTP service with three routes: POST /links stores an address, GET /CODE redirects, GET /links/CODE shows the count.',
    requirements: REQUIREMENTS.map((requirement) => ({ ...requirement, priority: 'must' })),
    nonfunctional: [
      {
        text: 'The service answers each request within 200 ms on 1 CPU core.',
        measure: 'Time of 100 requests to GET /healthz, 99th percentile.',
        cites: ['IdeaSpec#/summary'],
      },
      {
        text: 'The service refuses a request body above 10,000 bytes.',
        measure: 'A body of 10,001 bytes is answered with status 400.',
        cites: ['IdeaSpec#/constraints/0'],
      },
      {
        text: 'The service runs on Node.js 24 with 0 dependencies.',
        measure: 'package.json has 0 entries under dependencies.',
        cites: ['IdeaSpec#/summary'],
      },
    ],
    out_of_scope: ['Accounts of users.', 'Storage that outlives the process.'],
  },
  UserStories: {
    stories: REQUIREMENTS.map((requirement, index) => ({
      id: `US-00${String(index + 1)}`,
      as: 'publisher',
      want: requirement.statement,
      so_that: 'I can print a short address and read its count.',
      requirements: [requirement.id],
      acceptance: requirement.acceptance,
    })),
  },
  TestReport: {
    summary: 'Each of the 4 requirements has one test, and all 4 tests passed.',
    passed: 4,
    failed: 0,
    observations: [
      { text: 'Each requirement is named by one story.', cites: ['RTM#/rows/0', 'RTM#/rows/1'] },
    ],
  },
  ReleaseNotes: {
    version: '0.1.0',
    title: 'Link shortener 0.1.0',
    summary: 'The first release stores links, redirects from their codes and counts the redirects.',
    changes: REQUIREMENTS.map((requirement, index) => ({
      kind: 'added',
      text: requirement.statement,
      cites: [`PRD#/requirements/${String(index)}`],
    })),
    known_gaps: ['Links and counts are lost when the process ends.'],
    how_to_run: 'Run node src/main.js with the port in PORT.',
  },
}

const SERVER = `import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'

const MAX_BODY_BYTES = 10_000

const readBody = async (request) => {
  const parts = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes > MAX_BODY_BYTES) return undefined
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    return undefined
  }
}

const getAddress = (body) => {
  const text = typeof body === 'object' && body !== null ? body.url : undefined
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  return ['http:', 'https:'].includes(new URL(text).protocol) ? text : undefined
}

export const makeService = () => {
  const links = new Map()
  return createServer(async (request, response) => {
    const send = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    }
    const { pathname } = new URL(request.url, 'http://localhost')
    if (request.method === 'GET' && pathname === '/healthz') return send(200, { status: 'ok' })
    if (request.method === 'POST' && pathname === '/links') {
      const url = getAddress(await readBody(request))
      if (url === undefined) return send(400, { error: 'url must be an http or https address' })
      const code = randomBytes(6).toString('base64url').slice(0, 7)
      links.set(code, { url, clicks: 0 })
      return send(201, { code })
    }
    if (request.method !== 'GET') return send(405, { error: 'method not allowed' })
    const isCount = pathname.startsWith('/links/')
    const link = links.get(pathname.slice(isCount ? 7 : 1))
    if (link === undefined) return send(404, { error: 'no such link' })
    if (isCount) return send(200, { url: link.url, clicks: link.clicks })
    link.clicks += 1
    return send(302, {}, { location: link.url })
  })
}
`

const MAIN = `import { makeService } from './service.js'

const port = Number(process.env.PORT ?? 8080)
const service = makeService()
service.listen(port, () => {
  console.log('listening on ' + service.address().port)
})
`

const TESTS = `import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeService } from '../src/service.js'

const service = makeService()
let base
before(async () => {
  await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve))
  base = 'http://127.0.0.1:' + service.address().port
})
after(() => {
  service.closeAllConnections()
  service.close()
})

const post = (body) => fetch(base + '/links', { method: 'POST', body: JSON.stringify(body) })
const shorten = async (url) => (await (await post({ url })).json()).code
const follow = (code) => fetch(base + '/' + code, { redirect: 'manual' })

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

test('answers its health and refuses other methods', async () => {
  assert.equal((await fetch(base + '/healthz')).status, 200)
  assert.equal((await fetch(base + '/links', { method: 'DELETE' })).status, 405)
})
`

/** The files of the service, by path, its manifest among them. */
export const GOOD_FILES: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ name: 'link-shortener', version: '0.1.0', private: true, type: 'module', scripts: { start: 'node src/main.js', test: 'node --test' } }, null, 2)}\n`,
  'README.md':
    '# Link shortener\n\nStores links, redirects from their codes, counts the redirects.\n\nRun: `PORT=8080 node src/main.js`. Test: `node --test`.\n',
  'CHANGELOG.md': '# Changelog\n\n## 0.1.0\n\n- Added: links, redirects, counts.\n',
  'src/service.js': SERVER,
  'src/main.js': MAIN,
  'test/service.test.js': TESTS,
  '.ropewalk/manifest.json': `${JSON.stringify({ language: 'node', entry: 'src/main.js', start: ['node', 'src/main.js'], tests: ['test/service.test.js'], sources: ['src/main.js', 'src/service.js'], port_env: 'PORT' }, null, 2)}\n`,
}
