import { hasFeature } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'
import { toLiteral } from '../literal.ts'

/** `src/service.js`: the service as an HTTP server that is not listening yet. */
export const writeService = ({ design }: Blueprint): string => {
  const hasPage = hasFeature(design, 'page')
  return `import { createServer } from 'node:http'
import { entryRoutes, show } from './entries.js'
import { HttpError } from './errors.js'
import { features } from './features.js'
import { send, toReply } from './http.js'
${hasPage ? "import { pageRoutes } from './page.js'\n" : ''}import { findRoute } from './router.js'
import { openStore } from './store.js'

const health = { method: 'GET', path: '/healthz', handle: () => ({ status: 200, json: { status: 'ok' } }) }

// The order decides between paths that fit alike: named paths stand before ids, short codes stand last.
const routes = [
  health,
${hasPage ? '  ...pageRoutes,\n' : ''}  ...features.flatMap((feature) => feature.routes ?? []),
  ...entryRoutes,
  ...features.flatMap((feature) => feature.lastRoutes ?? []),
]

const handle = async (request, store) => {
  // Put together, not resolved: in "//name" the name would become a host.
  const address = 'http://service' + request.url
  if (!request.url.startsWith('/') || !URL.canParse(address)) {
    throw new HttpError(400, 'BAD_ADDRESS', 'The address must be a path.')
  }
  const url = new URL(address)
  const { route, params } = findRoute(routes, request.method, url.pathname)
  return route.handle({ request, params, query: url.searchParams, store, show })
}

/** The service on the records of the working directory. Listen on it to start it, close it to stop. */
export const createService = async () => {
  const store = await openStore()
  const server = createServer((request, response) => {
    handle(request, store)
      .catch(toReply)
      .then((reply) => send(response, reply))
      .catch(() => response.destroy())
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 15_000
  return server
}
`
}

/** `src/main.js`: starts the service from the environment. */
export const writeMain = (): string => `import { createService } from './service.js'

/** How long requests that are under way may take once the service is told to stop. */
const STOP_MS = 5000

const fail = (message, code) => {
  console.error(message)
  process.exit(code)
}

const port = Number(process.env.PORT ?? 8080)
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  fail('PORT must be a whole number from 0 to 65535, got ' + process.env.PORT + '.', 2)
}
const host = process.env.HOST ?? '127.0.0.1'
try {
  process.chdir(process.env.DATA_DIR ?? '.')
} catch (error) {
  fail('DATA_DIR must be an existing folder: ' + error.message, 2)
}
const server = await createService()
server.on('error', (error) => fail('The service cannot listen on ' + host + ':' + port + ': ' + error.message, 1))
server.listen(port, host, () => {
  console.log('Listening on http://' + host + ':' + server.address().port + '/')
})

const stop = () => {
  server.close()
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), STOP_MS).unref()
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
`

/** `src/about.js`: what the service calls itself. */
export const writeAbout = ({
  title,
  design: { noun },
}: Blueprint): string => `/** What the service calls itself and its records. */
export const about = {
  title: ${toLiteral(title)},
  one: '${noun.one}',
  many: '${noun.many}',
}
`
