import {
  ACCEPTANCE_TEST,
  LIST_TEST,
  PAGE_TEST,
  REQUIREMENT_TEST,
  SERVICE_TEST,
  STORE_TEST,
  WIRING_TEST,
} from './code-tests.ts'
import { PLAIN_STYLE, STYLE } from './code-style.ts'

/**
 * The service of the scripted model, a link shortener, as its coders write it one after the other: each on the
 * commit of the one before, each with tests of its own.
 */
export type Files = Readonly<Record<string, string>>

const STORE = `import { randomBytes } from 'node:crypto'

const CODE_LENGTH = 7

const makeRandomCode = () => randomBytes(CODE_LENGTH).toString('base64url').slice(0, CODE_LENGTH)

/** Links in the memory of this process; what it gives back are copies. */
export const makeStore = (makeCode = makeRandomCode) => {
  const links = new Map()
  const copy = (link) => (link === undefined ? undefined : { ...link })
  return {
    add: (url) => {
      const link = { code: makeCode(), url, clicks: 0 }
      links.set(link.code, link)
      return copy(link)
    },
    find: (code) => copy(links.get(code)),
    count: (code) => {
      const link = links.get(code)
      if (link !== undefined) link.clicks += 1
      return copy(link)
    },
  }
}
`

const STORE_WITH_LIST = STORE.replace(
  '    find: (code)',
  '    list: () => [...links.values()].map(copy),\n    find: (code)',
)

const SERVICE = `import { createServer } from 'node:http'

const MAX_BODY_BYTES = 10_000
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}

const readBody = async (request) => {
  const parts = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes <= MAX_BODY_BYTES) parts.push(part)
  }
  if (bytes > MAX_BODY_BYTES) return undefined
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The address of a body in its normal form; undefined where it is none of http or https. */
export const getAddress = (body) => {
  const text = typeof body === 'object' && body !== null ? body.url : undefined
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const { protocol, href } = new URL(text)
  return ['http:', 'https:'].includes(protocol) ? href : undefined
}

const send = (response, status, body, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...HEADERS, ...headers })
  response.end(JSON.stringify(body))
}

/** The service over a store; \`assets\` are the files of its pages, by path. */
export const makeService = ({ store, assets = new Map() }) => {
  const create = async (request, response) => {
    const url = getAddress(await readBody(request))
    if (url === undefined) send(response, 400, { error: 'url must be an http or https address' })
    else send(response, 201, store.add(url))
  }
  const show = (response, link) => {
    if (link === undefined) send(response, 404, { error: 'no such link' })
    else send(response, 200, link)
  }
  const follow = (response, link) => {
    if (link === undefined) send(response, 404, { error: 'no such link' })
    else send(response, 302, link, { location: link.url })
  }
  const read = (path, response) => {
    const asset = assets.get(path)
    if (asset !== undefined) {
      response.writeHead(200, { 'content-type': asset.type, ...HEADERS })
      response.end(asset.body)
    } else if (path === '/healthz') send(response, 200, { status: 'ok' })
    else if (path.startsWith('/links/')) show(response, store.find(path.slice('/links/'.length)))
    else follow(response, store.count(path.slice(1)))
  }
  const answer = async (request, response) => {
    const [path] = (request.url ?? '/').split('?')
    if (path === '/links' && request.method === 'POST') await create(request, response)
    else if (path !== '/links' && request.method === 'GET') read(path, response)
    else send(response, 405, { error: 'method not allowed' })
  }
  return createServer((request, response) => {
    answer(request, response).catch(() => send(response, 500, { error: 'something broke here' }))
  })
}
`

const SERVICE_WITH_LIST = SERVICE.replace(
  "    else if (path !== '/links' && request.method === 'GET')",
  "    else if (path === '/links' && request.method === 'GET') send(response, 200, { links: store.list() })\n    else if (path !== '/links' && request.method === 'GET')",
)

const PAGE = `import { readFileSync } from 'node:fs'

const HTML = \`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Link shortener</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>Link shortener</h1>
<form id="shorten">
<label for="url">Address to shorten</label>
<input id="url" name="url" type="url" required>
<button type="submit">Shorten</button>
</form>
<p id="answer" role="status">No link was made on this page.</p>
</main>
<script src="/page.js"></script>
</body>
</html>
\`

const SCRIPT = \`const form = document.getElementById('shorten')
const answer = document.getElementById('answer')
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const url = document.getElementById('url').value
  const response = await fetch('/links', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  })
  const link = await response.json()
  answer.textContent = response.ok ? location.origin + '/' + link.code : link.error
})
\`

/** The files of the page, by the path they are asked for. */
export const ASSETS = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: HTML }],
  ['/page.js', { type: 'text/javascript; charset=utf-8', body: SCRIPT }],
  [
    '/style.css',
    { type: 'text/css; charset=utf-8', body: readFileSync(new URL('./style.css', import.meta.url), 'utf8') },
  ],
])
`

const APP = `import { ASSETS } from './page.js'
import { makeService } from './service.js'
import { makeStore } from './store.js'

/** The whole product: its own store, its routes, its page. */
export const makeApp = () => makeService({ store: makeStore(), assets: ASSETS })
`

const MAIN = `import { makeApp } from './app.js'

const app = makeApp()
app.listen(Number(process.env.PORT ?? 8080), () => {
  console.log('listening on ' + app.address().port)
})
process.on('SIGTERM', () => {
  app.closeAllConnections()
  app.close()
})
`

const PACKAGE = `${JSON.stringify(
  {
    name: 'link-shortener',
    version: '0.1.0',
    private: true,
    license: 'MIT',
    type: 'module',
    scripts: { start: 'node src/main.js', test: 'node --test' },
  },
  null,
  2,
)}\n`

const README =
  '# Link shortener\n\nStores links, redirects from their codes, counts the redirects.\n\nRun: `PORT=8080 node src/main.js`. Test: `node --test`.\n'
const CHANGELOG = '# Changelog\n\n## 0.1.0\n\n- Added: links, redirects, counts, a page, a list.\n'

const MANIFEST_PATH = '.ropewalk/manifest.json'

const makeManifest = (sources: readonly string[], tests: readonly string[]): string => {
  const isService = sources.includes('main')
  const manifest = {
    kind: isService ? 'service' : 'library',
    language: 'node',
    entry: `src/${sources.at(-1) ?? ''}.js`,
    start: isService ? ['node', 'src/main.js'] : null,
    tests: tests.map((name) => `test/${name}.test.js`),
    sources: sources.map((name) => `src/${name}.js`),
    port_env: isService ? 'PORT' : null,
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

const SOURCES = ['store', 'service', 'page', 'app', 'main']
const BUILT = ['store', 'service', 'page', 'wiring', 'requirements']

/** What each coder writes, over what those before it have left. */
export const CODER_FILES: Readonly<Record<string, Files>> = {
  database: {
    'package.json': PACKAGE,
    'src/store.js': STORE,
    'test/store.test.js': STORE_TEST,
    [MANIFEST_PATH]: makeManifest(['store'], ['store']),
  },
  backend: {
    'src/service.js': SERVICE,
    'test/service.test.js': SERVICE_TEST,
    [MANIFEST_PATH]: makeManifest(['store', 'service'], ['store', 'service']),
  },
  frontend: {
    'src/page.js': PAGE,
    'src/style.css': PLAIN_STYLE,
    'test/page.test.js': PAGE_TEST,
    [MANIFEST_PATH]: makeManifest(['store', 'service', 'page'], ['store', 'service', 'page']),
  },
  integration: {
    'README.md': README,
    'CHANGELOG.md': CHANGELOG,
    'src/app.js': APP,
    'src/main.js': MAIN,
    'test/wiring.test.js': WIRING_TEST,
    [MANIFEST_PATH]: makeManifest(SOURCES, ['store', 'service', 'page', 'wiring']),
  },
  test: {
    'test/requirements.test.js': REQUIREMENT_TEST,
    [MANIFEST_PATH]: makeManifest(SOURCES, BUILT),
  },
  'story-implementer': {
    'src/store.js': STORE_WITH_LIST,
    'src/service.js': SERVICE_WITH_LIST,
    'test/list.test.js': LIST_TEST,
    [MANIFEST_PATH]: makeManifest(SOURCES, [...BUILT, 'list']),
  },
  'story-tester': {
    'test/acceptance.test.js': ACCEPTANCE_TEST,
    [MANIFEST_PATH]: makeManifest(SOURCES, [...BUILT, 'list', 'acceptance']),
  },
  responsive: { 'src/style.css': STYLE },
}

/** The files of the finished service, by path, its manifest among them. */
export const GOOD_FILES: Files = Object.assign({}, ...Object.values(CODER_FILES)) as Files

/** The same service with one file of tests, those of its requirements, which are enough and soon over. */
export const LEAN_FILES: Files = {
  ...Object.fromEntries(Object.entries(GOOD_FILES).filter(([path]) => !path.startsWith('test/'))),
  'test/requirements.test.js': `${REQUIREMENT_TEST}${LIST_TEST.slice(LIST_TEST.indexOf("\ntest('REQ-006"))}`,
  [MANIFEST_PATH]: makeManifest(SOURCES, ['requirements']),
}
