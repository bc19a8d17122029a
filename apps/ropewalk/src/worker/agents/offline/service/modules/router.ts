/** `src/router.js`: which route a request means. */
export const writeRouter = (): string => String.raw`import { HttpError } from './http.js'

const decode = (part) => {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw new HttpError(400, 'BAD_ADDRESS', 'The address cannot be decoded: ' + error.message)
  }
}

/** The values of the parts that begin with a colon, or undefined where the path is another. */
const matchPath = (pattern, pathname) => {
  const wanted = pattern.split('/')
  const given = pathname.split('/')
  if (wanted.length !== given.length) return undefined
  const params = Object.create(null)
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(':') && given[index] !== '') params[part.slice(1)] = decode(given[index])
    else if (part !== given[index]) return undefined
  }
  return params
}

/** The first route of the method and path; 405 where the path is known with another method, else 404. */
export const findRoute = (routes, method, pathname) => {
  const known = []
  for (const route of routes) {
    const params = matchPath(route.path, pathname)
    if (params === undefined) continue
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { route, params }
    known.push(route.method)
  }
  if (known.length > 0) throw new HttpError(405, 'METHOD_NOT_ALLOWED', 'This address takes ' + known.join(', ') + '.')
  throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this address.')
}
`
