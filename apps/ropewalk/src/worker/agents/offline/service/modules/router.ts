/** `src/router.js`: which route a request means. */
export const writeRouter = (): string => String.raw`import { HttpError } from './errors.js'

const decode = (part) => {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw new HttpError(400, 'BAD_ADDRESS', 'The address cannot be decoded.', { cause: error })
  }
}

/** The values of the parts that begin with a colon, or undefined where the path is another. */
const matchPath = (pattern, pathname) => {
  const wanted = pattern.split('/')
  const given = pathname.split('/')
  if (wanted.length !== given.length) return undefined
  const params = new Map()
  for (const [index, part] of wanted.entries()) {
    const value = given.at(index)
    if (part.startsWith(':') && value !== '') params.set(part.slice(1), decode(value))
    else if (part !== value) return undefined
  }
  return Object.fromEntries(params)
}

/** The first route of the method and path; 405 where the path is known with another method, else 404. */
export const findRoute = (routes, method, pathname) => {
  const known = new Set()
  for (const route of routes) {
    const params = matchPath(route.path, pathname)
    if (params === undefined) continue
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { route, params }
    known.add(route.method)
    if (route.method === 'GET') known.add('HEAD')
  }
  if (known.size === 0) throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this address.')
  const allow = [...known].sort().join(', ')
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', 'This address takes ' + allow + '.', { allow })
}
`
