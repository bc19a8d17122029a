import { makeCall, type ServiceOperation } from '../operations.ts'
import type { RequestStep } from '../orders.ts'
import { isHtml, judgeNonsense, type Alarm, type Probe, type Seen, type Target } from './probe.ts'

const MEGABYTE = 1024 ** 2

/** As a browser would run it, were it not made harmless. */
const getScript = (marker: string): string => `<script>${marker}()</script>"'><img src=x onerror=${marker}()>`

const listScriptAlarms = (where: string, marker: string, isStored: boolean, seen: Seen): Alarm[] => {
  if ('text' in seen || !isHtml(seen.answer)) return []
  const pieces = [`<script>${marker}()`, `<img src=x onerror=${marker}()`]
  if (!pieces.some((piece) => seen.answer.body.includes(piece))) return []
  return [
    {
      rule: isStored ? 'stored-script' : 'reflected-script',
      severity: 'high',
      title: isStored
        ? `What is stored comes back on ${where} as a script that browsers run`
        : `What stands in the address of ${where} comes back as a script that browsers run`,
      where,
      fix: 'Escape everything that did not come from the code itself before it becomes part of a page.',
    },
  ]
}

/** The sample of an operation with every text in it replaced. */
const replaceTexts = (value: unknown, text: string): unknown => {
  if (typeof value === 'string') return text
  if (Array.isArray(value)) return value.map((one) => replaceTexts(one, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaceTexts(one, text)]))
}

const isJsonBody = ({ bodyType, body }: ServiceOperation): boolean =>
  body !== undefined && /json/u.test(bodyType ?? '')

const request = (id: string, method: string, path: string, rest: Partial<RequestStep> = {}): RequestStep => ({
  type: 'request',
  id,
  service: 'after',
  method,
  path,
  ...rest,
})

const JSON_TYPE = { 'content-type': 'application/json' }

const listScriptProbes = ({ operations, marker }: Target): Probe[] => {
  const script = getScript(marker)
  const encoded = encodeURIComponent(script)
  const reads = operations.filter(({ method }) => method === 'GET').slice(0, 6)
  const writes = operations.filter((one) => one.method === 'POST' && isJsonBody(one)).slice(0, 4)
  const reflect = (id: string, path: string, where: string): Probe => ({
    where,
    step: request(id, 'GET', path),
    judge: (seen) => [...listScriptAlarms(where, marker, false, seen), ...judgeNonsense(where, seen)],
  })
  return [
    reflect('script-path', `/${encoded}`, 'GET a script as address'),
    reflect('script-home', `/?q=${encoded}&name=${encoded}`, 'GET / with a script in its query'),
    ...reads.map((operation, index) => {
      const names = [...operation.query, 'q']
      const query = names.map((name) => `${encodeURIComponent(name)}=${encoded}`).join('&')
      const path = operation.callPath.split('?')[0] ?? '/'
      return reflect(
        `script-${index}`,
        `${path}?${query}`,
        `GET ${operation.path} with a script in its query`,
      )
    }),
    ...writes.map((operation, index): Probe => {
      const where = `${operation.method} ${operation.path} with a script in each text`
      const body = JSON.stringify(replaceTexts(JSON.parse(operation.body ?? 'null'), script))
      return {
        where,
        step: { ...makeCall(operation, 'after', `store-${index}`), body },
        judge: (seen) => judgeNonsense(where, seen),
      }
    }),
    ...[{ path: '/', callPath: '/' }, ...reads].map(({ path, callPath }, index): Probe => {
      const where = `GET ${path}`
      return {
        where,
        step: request(`stored-${index}`, 'GET', callPath),
        judge: (seen) => listScriptAlarms(where, marker, true, seen),
      }
    }),
  ]
}

const CLIMBS = [
  '/../',
  '/..%2f',
  '/%2e%2e/',
  '/%2e%2e%2f',
  '/..%5c',
  '/....//',
  '/static/../../',
  '/public/..%2f',
]

/** Files that every machine has, with what stands in each of them alone. */
const MACHINE_FILES: readonly (readonly [string, RegExp])[] = [
  ['etc/passwd', /^[a-z_][\w-]*:[^:]*:\d+:\d+:/mu],
  ['proc/version', /^Linux version \d/mu],
]

const listFileProbes = ({ privateFiles }: Target): Probe[] => [
  ...CLIMBS.flatMap((climb, index) =>
    MACHINE_FILES.map(([file, proof], at): Probe => {
      const last = climb.slice(climb.lastIndexOf('/', climb.length - 2) + 1)
      const where = `GET ${climb}…/${file}`
      return {
        where,
        step: request(`climb-${index}-${at}`, 'GET', `${climb}${last.repeat(12)}${file}`),
        judge: (seen) => [
          ...judgeNonsense(where, seen),
          ...('answer' in seen && proof.test(seen.answer.body)
            ? [
                {
                  rule: 'path-traversal',
                  severity: 'critical' as const,
                  title: `${where} gives out a file of the machine`,
                  where,
                  fix: 'Resolve the path, and serve it only where it still lies in the folder that is served.',
                },
              ]
            : []),
        ],
      }
    }),
  ),
  ...privateFiles.flatMap(({ path, proof }, index) =>
    [`/${path}`, `/..%2f${path}`, `/static/..%2f${path}`].map((address, at): Probe => {
      const where = `GET ${address}`
      return {
        where,
        step: request(`file-${index}-${at}`, 'GET', address),
        judge: (seen) => [
          ...judgeNonsense(where, seen),
          ...('answer' in seen && seen.answer.status === 200 && seen.answer.body.includes(proof)
            ? [
                {
                  rule: 'private-file',
                  severity: 'high' as const,
                  title: `${where} gives out a file of the project that is not for readers`,
                  where,
                  fix: 'Serve files from a folder that holds nothing else.',
                },
              ]
            : []),
        ],
      }
    }),
  ),
]

type BadBody = {
  readonly name: string
  readonly body: NonNullable<RequestStep['body']>
  readonly headers?: Readonly<Record<string, string>>
  /** Whether taking it is worse than careless. */
  readonly mustRefuse: boolean
}

const BAD_BODIES: readonly BadBody[] = [
  {
    name: 'a body of 8 MB',
    body: { before: '{"text":"', repeat: 'x'.repeat(1024), times: (8 * MEGABYTE) / 1024, after: '"}' },
    mustRefuse: true,
  },
  { name: 'a body that is not JSON', body: '{"text": ', mustRefuse: true },
  { name: 'an empty body', body: '', mustRefuse: false },
  { name: 'a list for an object', body: '[]', mustRefuse: false },
  { name: 'null for an object', body: 'null', mustRefuse: false },
  {
    name: 'brackets nested 50 000 deep',
    body: { before: '', repeat: '[', times: 50_000, after: ']'.repeat(50_000) },
    mustRefuse: false,
  },
  {
    name: 'a body of another type',
    body: 'text',
    headers: { 'content-type': 'text/plain' },
    mustRefuse: false,
  },
  {
    name: 'numbers and objects for texts',
    body: '{"id":{"$gt":""},"title":{"a":[1]},"name":1e309,"text":-0}',
    mustRefuse: false,
  },
  { name: 'NUL and half characters', body: '{"title":"\\u0000\\ud800","name":"\\u0000"}', mustRefuse: false },
]

const listBodyProbes = ({ operations }: Target): Probe[] => {
  const writes = operations.filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method))
  const targets = writes.length === 0 ? [{ method: 'POST', path: '/', callPath: '/' }] : writes.slice(0, 4)
  return targets.flatMap(({ method, path, callPath }, index) =>
    BAD_BODIES.map(({ name, body, headers = JSON_TYPE, mustRefuse }, at): Probe => {
      const where = `${method} ${path} with ${name}`
      return {
        where,
        step: request(`body-${index}-${at}`, method, callPath, { body, headers }),
        judge: (seen) => [
          ...judgeNonsense(where, seen),
          ...(mustRefuse && 'answer' in seen && seen.answer.status >= 200 && seen.answer.status < 300
            ? [
                {
                  rule: 'body-accepted',
                  severity: 'medium' as const,
                  title: `${where} was accepted with ${seen.answer.status}`,
                  where,
                  fix: 'Limit what a body may hold: 413 for one too long, 400 for one that cannot be read.',
                },
              ]
            : []),
        ],
      }
    }),
  )
}

/** Whether a poisoned member stands where nobody sent one: a service that keeps all it gets is only careless. */
const isPolluted = (body: string, marker: string): boolean => {
  const member = `"${marker}":"polluted"`
  return body
    .replaceAll(`"__proto__":{${member}}`, '')
    .replaceAll(`"prototype":{${member}}`, '')
    .includes(member)
}

const listPollutionProbes = ({ operations, marker }: Target): Probe[] => {
  const writes = operations.filter((one) => isJsonBody(one) && one.method !== 'DELETE').slice(0, 4)
  const reads = operations.filter(({ method }) => method === 'GET').slice(0, 4)
  const poison = `"__proto__":{"${marker}":"polluted"},"constructor":{"prototype":{"${marker}":"polluted"}}`
  return [
    ...writes.map((operation, index): Probe => {
      const where = `${operation.method} ${operation.path} with __proto__ among its members`
      const sample = (operation.body ?? '{}').trim()
      const rest = sample.startsWith('{') ? sample.slice(1).trim() : '}'
      return {
        where,
        step: {
          ...makeCall(operation, 'after', `poison-${index}`),
          headers: JSON_TYPE,
          body: `{${poison}${rest === '}' ? '' : ','}${rest}`,
        },
        judge: (seen) => judgeNonsense(where, seen),
      }
    }),
    ...[...reads, { path: '/', callPath: '/' }].map(({ path, callPath }, index): Probe => {
      const where = `GET ${path}`
      return {
        where,
        step: request(`polluted-${index}`, 'GET', callPath),
        judge: (seen) =>
          'answer' in seen && isPolluted(seen.answer.body, marker)
            ? [
                {
                  rule: 'prototype-pollution',
                  severity: 'high',
                  title: `Members sent as __proto__ turn up in the answer to ${where}`,
                  where,
                  fix: 'Copy only known members of what comes in, into objects without a prototype.',
                },
              ]
            : [],
      }
    }),
  ]
}

const listProtocolProbes = ({ operations, marker }: Target): Probe[] => {
  const known = new Map<string, { readonly callPath: string; readonly methods: Set<string> }>()
  for (const { path, callPath, method } of operations) {
    const entry = known.get(path) ?? { callPath, methods: new Set() }
    entry.methods.add(method)
    known.set(path, entry)
  }
  const wrong = [...known].slice(0, 6).flatMap(([path, { callPath, methods }]) => {
    const method = ['DELETE', 'PUT', 'PATCH', 'POST'].find((one) => !methods.has(one))
    return method === undefined ? [] : [{ path, callPath, method }]
  })
  const raw = (id: string, where: string, text: string): Probe => ({
    where,
    step: { type: 'raw', id, service: 'after', text },
    judge: (seen) => judgeNonsense(where, seen),
  })
  return [
    ...wrong.map(({ path, callPath, method }, index): Probe => {
      const where = `${method} ${path}, which nobody declared`
      return {
        where,
        step: request(`method-${index}`, method, callPath),
        judge: (seen) => [
          ...judgeNonsense(where, seen),
          ...('answer' in seen && seen.answer.status < 300 && seen.answer.status > 0
            ? [
                {
                  rule: 'undeclared-method',
                  severity: 'low' as const,
                  title: `${where}, was accepted with ${seen.answer.status}`,
                  where,
                  fix: 'Answer 405 to methods that an address does not have.',
                },
              ]
            : []),
        ],
      }
    }),
    {
      where: 'TRACE /',
      step: request('trace', 'TRACE', '/', { headers: { 'x-probe': marker } }),
      judge: (seen) => [
        ...judgeNonsense('TRACE /', seen),
        ...('answer' in seen && seen.answer.status === 200 && seen.answer.body.includes(marker)
          ? [
              {
                rule: 'trace',
                severity: 'medium' as const,
                title: 'TRACE sends back the headers of the request',
                where: 'TRACE /',
                fix: 'Refuse the method TRACE.',
              },
            ]
          : []),
      ],
    },
    {
      where: 'GET an address with a line break in it',
      step: request('split', 'GET', `/%0d%0aX-${marker}:%20yes?next=%0d%0aX-${marker}:%20yes`),
      judge: (seen) =>
        'answer' in seen && seen.answer.headers[`x-${marker}`] !== undefined
          ? [
              {
                rule: 'header-injection',
                severity: 'high',
                title: 'A line break in an address becomes a header of the answer',
                where: 'GET an address with a line break in it',
                fix: 'Encode what goes into headers.',
              },
            ]
          : judgeNonsense('GET an address with a line break in it', seen),
    },
    ...['/%', '/%ff%fe', '//', '/a'.repeat(2000)].map((path, index): Probe => {
      const where = `GET ${path.slice(0, 20)}${path.length > 20 ? '… (4000 characters)' : ''}`
      return {
        where,
        step: request(`address-${index}`, 'GET', path),
        judge: (seen) => judgeNonsense(where, seen),
      }
    }),
    raw(
      'raw-length',
      'a request with a length that is no number',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
    ),
    raw('raw-line', 'a request without a method', '\u0001\u0002 nonsense\r\n\r\n'),
    raw('raw-host', 'a request without Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'),
    {
      where: 'a request with two lengths',
      step: {
        type: 'raw',
        id: 'raw-smuggle',
        service: 'after',
        text: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
      },
      judge: (seen) =>
        'answer' in seen && /\r\n\r\nHTTP\/1\.1|HTTP\/1\.1 \d{3}/u.test(seen.answer.body)
          ? [
              {
                rule: 'request-smuggling',
                severity: 'high',
                title: 'A request with two lengths is read as two requests',
                where: 'a request with two lengths',
                fix: 'Refuse requests with both Content-Length and Transfer-Encoding.',
              },
            ]
          : judgeNonsense('a request with two lengths', seen),
    },
  ]
}

/** What a scanner would try on a service that it may break. */
export const listActiveProbes = (target: Target): Probe[] => [
  ...listScriptProbes(target),
  ...listFileProbes(target),
  ...listPollutionProbes(target),
  ...listBodyProbes(target),
  ...listProtocolProbes(target),
]
