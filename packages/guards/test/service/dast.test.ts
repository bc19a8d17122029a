import { describe, expect, test } from 'vitest'
import { MANIFEST, runTool, writeNotes } from './support.ts'

const scan = async (main: string, facts: Parameters<typeof runTool>[2] = {}) => {
  const { document } = await runTool('dast', 'DastReport', {
    main,
    settings: { request_timeout_ms: 1500 },
    ...facts,
  })
  return document
}

test('a service that minds what it is sent has no finding', async () => {
  const document = await scan(writeNotes())
  expect(document).toMatchObject({ outcome: 'done', reason: null, findings: [] })
  expect(document.notes.join()).toMatch(/\d+ requests were made to 4 operations/u)
})

/** What services do wrong: the rule that finds it and how bad it is. */
const FAULTS: Readonly<Record<string, readonly [string, string, string]>> = {
  'shows its stack': [
    writeNotes({ onError: `send(error.status ?? 400, { error: error.stack })` }),
    'stack-trace',
    'medium',
  ],
  'fails on nonsense': [
    writeNotes({
      onRequest: `if (method === 'POST' && url === '/notes') { const body = await read(request).catch(() => null); if (body === null) return send(500, { error: 'oops' }) }`,
    }),
    'server-error',
    'medium',
  ],
  'dies of nonsense': [
    writeNotes({
      onError: `if (error.message === 'not JSON') process.exit(1); send(error.status ?? 500, {})`,
    }),
    'crash',
    'high',
  ],
  'writes addresses into its page': [
    writeNotes({
      onRequest: `if (url.startsWith('/?')) return send(200, '<p>You asked for ' + decodeURIComponent(url) + '</p>')`,
    }),
    'reflected-script',
    'high',
  ],
  'writes what is stored into its page': [
    writeNotes({
      onRequest: `if (url === '/') return send(200, '<ul>' + [...notes.values()].map((note) => '<li>' + note.title + '</li>').join('') + '</ul>')`,
    }),
    'stored-script',
    'high',
  ],
  'gives out every file': [
    writeNotes({
      onRequest: `if (method === 'GET' && decodeURIComponent(url).includes('..')) return send(200, readFileSync('/' + decodeURIComponent(url).replaceAll('../', '').replace(/^.*?(?=proc)/, ''), 'utf8'))`,
      onError: `send(404, {})`,
    }),
    'path-traversal',
    'critical',
  ],
  'gives out its own code': [
    writeNotes({ onRequest: `if (url === '/main.js') return send(200, readFileSync('main.js', 'utf8'))` }),
    'private-file',
    'high',
  ],
  'lets every site read': [
    writeNotes({ onRequest: `response.setHeader('access-control-allow-origin', '*')` }),
    'cors-wildcard',
    'medium',
  ],
  'lets whoever asks read with cookies': [
    writeNotes({
      onRequest: `if (request.headers.origin) { response.setHeader('access-control-allow-origin', request.headers.origin); response.setHeader('access-control-allow-credentials', 'true') }`,
    }),
    'cors-reflected',
    'high',
  ],
  'says what it is built with': [
    writeNotes({ onRequest: `response.setHeader('x-powered-by', 'Express')` }),
    'banner',
    'low',
  ],
  'has no content policy': [
    writeNotes({
      onRequest: `if (url === '/') { response.writeHead(200, { 'content-type': 'text/html' }); return response.end(page) }`,
    }),
    'no-content-policy',
    'low',
  ],
  'sets a cookie for scripts to read': [
    writeNotes({ onRequest: `response.setHeader('set-cookie', 'session=1; Path=/')` }),
    'cookie',
    'low',
  ],
  'takes bodies of any length': [
    writeNotes({
      onRequest: `if (method === 'POST') { for await (const chunk of request); return send(201, { id: '1', title: 'a' }) }`,
    }),
    'body-accepted',
    'medium',
  ],
  'never answers what it does not know': [
    writeNotes({ onRequest: `if (url.includes('not-here')) return` }),
    'no-answer',
    'medium',
  ],
  'copies members into prototypes': [
    writeNotes({
      onRequest: `const merge = (to, from) => { for (const key of Object.keys(from)) if (typeof from[key] === 'object' && from[key]) merge(to[key] ??= {}, from[key]); else to[key] = from[key] }
        if (method === 'POST') { const note = { id: '1' }; merge(note, await read(request).catch(() => ({}))); notes.set('1', note); return send(201, note) }`,
      show: `Object.fromEntries((() => { const all = []; for (const key in note) all.push([key, note[key]]); return all })())`,
    }),
    'prototype-pollution',
    'high',
  ],
}

describe('a service is found out that', () => {
  test.each(Object.entries(FAULTS))('%s', async (_, [main, rule, severity]) => {
    const { findings } = await scan(main)
    expect(findings.map((finding) => `${finding.severity} ${finding.rule}`)).toContain(`${severity} ${rule}`)
  })
})

test('a finding has the same id from scan to scan', async () => {
  const [main] = FAULTS['fails on nonsense'] ?? ['']
  const [first, second] = [await scan(main), await scan(main)]
  expect(first.findings.map(({ id }) => id)).toEqual(second.findings.map(({ id }) => id))
  expect(first.findings.length).toBeGreaterThan(0)
})

test('a service too slow to be scanned to the end is a finding', async () => {
  const { findings } = await scan(
    writeNotes({ onRequest: `await new Promise((done) => setTimeout(done, 300))` }),
    { settings: { deadline_ms: 1500 } },
  )
  expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toContain('high not-finished')
})

test('a service that does not run is a critical finding, one that is no service is not scanned', async () => {
  const dead = await scan('process.exit(1)')
  expect(dead.findings).toMatchObject([{ rule: 'not-running', severity: 'critical' }])
  const library = { ...MANIFEST, kind: 'tool', start: null, port_env: null }
  const none = await scan(writeNotes(), { inputs: { RepoManifest: library } })
  expect(none).toMatchObject({ outcome: 'not-run', findings: [] })
})
