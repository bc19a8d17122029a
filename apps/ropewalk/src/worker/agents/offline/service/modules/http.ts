/** `src/http.js`: reading bodies, sending answers. */
export const writeHttp = (): string => String.raw`import { HttpError } from './errors.js'

const MAX_BODY_BYTES = 65536

const makeTooLong = () => new HttpError(413, 'BODY_TOO_LONG', 'A body may have ' + MAX_BODY_BYTES + ' bytes.')

/** The body's bytes. Of a body that is too long the rest is read and dropped, so that the caller hears why. */
const collect = (request) =>
  new Promise((resolve, reject) => {
    const chunks = []
    let size = 0
    request.on('data', (chunk) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else chunks.length = 0
    })
    request.on('end', () => {
      if (size <= MAX_BODY_BYTES) resolve(Buffer.concat(chunks))
      else reject(makeTooLong())
    })
    request.on('error', reject)
  })

const readText = async (request) => {
  const bytes = await collect(request)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new HttpError(400, 'NOT_UTF8', 'The body is not UTF-8 text.', { cause: error })
  }
}

const expectType = (request, type) => {
  const [given] = String(request.headers['content-type'] ?? '').split(';')
  if (given.trim().toLowerCase() !== type) {
    throw new HttpError(415, 'WRONG_CONTENT_TYPE', 'Send the body as ' + type + '.')
  }
}

const parse = (text) => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, 'NOT_JSON', 'The body is not JSON.', { cause: error })
  }
}

/** The body as a JSON object of these fields and no other, whatever __proto__ and the like would mean elsewhere. */
export const readJson = async (request, names) => {
  expectType(request, 'application/json')
  const value = parse(await readText(request))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpError(400, 'NOT_AN_OBJECT', 'The body must be a JSON object.')
  }
  if (Object.keys(value).some((name) => !names.includes(name))) {
    throw new HttpError(400, 'FIELD_UNKNOWN', 'The body has a field that is not known; known are ' + names.join(', ') + '.')
  }
  return value
}

/** The body of a form on our own page. */
export const readForm = async (request) => {
  const { origin, host } = request.headers
  if (origin !== undefined && origin !== 'http://' + host && origin !== 'https://' + host) {
    throw new HttpError(403, 'FOREIGN_FORM', 'This form was sent from another site.')
  }
  expectType(request, 'application/x-www-form-urlencoded')
  return new URLSearchParams(await readText(request))
}

/** What a thrown error answers. Only refusals of ours say what went wrong; the rest goes to the log. */
export const toReply = (error) => {
  if (error instanceof HttpError) {
    const { code, message, field, allow } = error
    const json = { error: { code, message, ...(field === undefined ? {} : { field }) } }
    return { status: error.status, json, headers: allow === undefined ? {} : { allow } }
  }
  console.error(error)
  return { status: 500, json: { error: { code: 'INTERNAL', message: 'The service failed. Its log says more.' } } }
}

/** Nothing of an answer may be framed, guessed at, kept or run, unless the answer itself says so. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Sends a reply of { status, json | text, type, headers }. */
export const send = (response, { status, json, text, type, headers }) => {
  if (status === 204) {
    response.writeHead(204, { ...SAFE_HEADERS, ...headers }).end()
    return
  }
  const body = json === undefined ? (text ?? '') : JSON.stringify(json) + '\n'
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': json === undefined ? (type ?? 'text/plain; charset=utf-8') : 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}
`
