import { isHtml, judgeNonsense, leaksStack, type Alarm, type Probe, type Seen, type Target } from './probe.ts'
import { makeCall } from '../operations.ts'

const listHeaderAlarms = (where: string, seen: Seen): Alarm[] => {
  if ('text' in seen || seen.answer.status === 0) return []
  const { headers } = seen.answer
  const policy = headers['content-security-policy'] ?? ''
  const alarms: (Alarm | false)[] = [
    !/nosniff/iu.test(headers['x-content-type-options'] ?? '') && {
      rule: 'no-nosniff',
      severity: 'low',
      title: `${where} is answered without X-Content-Type-Options: nosniff`,
      where,
      fix: 'Send X-Content-Type-Options: nosniff with every answer.',
    },
    isHtml(seen.answer) &&
      policy === '' && {
        rule: 'no-content-policy',
        severity: 'low',
        title: `The page ${where} has no Content-Security-Policy`,
        where,
        fix: "Send a Content-Security-Policy that begins with default-src 'none' or 'self'.",
      },
    isHtml(seen.answer) &&
      policy !== '' &&
      /(?:script-src|default-src)[^;]*(?:'unsafe-inline'|'unsafe-eval'|\s\*)/iu.test(policy) && {
        rule: 'loose-content-policy',
        severity: 'low',
        title: `The Content-Security-Policy of ${where} lets any script run`,
        where,
        fix: 'Name the sources or hashes of the scripts that are needed.',
      },
    isHtml(seen.answer) &&
      !/frame-ancestors/iu.test(policy) &&
      headers['x-frame-options'] === undefined && {
        rule: 'framing',
        severity: 'low',
        title: `The page ${where} can be shown inside any other site`,
        where,
        fix: "Send frame-ancestors 'none' in the Content-Security-Policy.",
      },
    headers['x-powered-by'] !== undefined && {
      rule: 'banner',
      severity: 'low',
      title: `The service says what it is built with: ${headers['x-powered-by'].slice(0, 80)}`,
      where: 'x-powered-by',
      fix: 'Leave the X-Powered-By header out.',
    },
    /\d/u.test(headers['server'] ?? '') && {
      rule: 'banner',
      severity: 'low',
      title: `The service says which version it is: ${(headers['server'] ?? '').slice(0, 80)}`,
      where: 'server',
      fix: 'Leave the version out of the Server header.',
    },
    ...(headers['set-cookie'] ?? '').split(/,(?=[^;,]+=)/u).map(
      (cookie): Alarm | false =>
        cookie.trim() !== '' &&
        !(/;\s*httponly/iu.test(cookie) && /;\s*samesite/iu.test(cookie)) && {
          rule: 'cookie',
          severity: 'low',
          title: `A cookie of ${where} lacks HttpOnly or SameSite`,
          where: `${where} ${cookie.split('=')[0]?.trim() ?? ''}`,
          fix: 'Set HttpOnly and SameSite on every cookie.',
        },
    ),
  ]
  return alarms.filter((alarm) => alarm !== false)
}

const listOriginAlarms = (where: string, origin: string, seen: Seen): Alarm[] => {
  if ('text' in seen) return []
  const allowed = seen.answer.headers['access-control-allow-origin']
  const withCookies = /true/iu.test(seen.answer.headers['access-control-allow-credentials'] ?? '')
  if (allowed !== '*' && allowed !== origin) return []
  return [
    {
      rule: allowed === '*' ? 'cors-wildcard' : 'cors-reflected',
      severity: withCookies ? 'high' : 'medium',
      title:
        allowed === '*'
          ? `${where} may be read by scripts of every site`
          : `${where} names whatever site asks as allowed${withCookies ? ', with its cookies' : ''}`,
      where,
      fix: 'Name the sites that may read answers, or send no Access-Control-Allow-Origin.',
    },
  ]
}

/** What answers to ordinary requests tell: their headers, and pages of errors. */
export const listPassiveProbes = ({ operations, marker }: Target): Probe[] => {
  const reads = operations.filter(({ method }) => method === 'GET').slice(0, 6)
  const origin = `https://${marker}.example`
  return [
    {
      where: 'GET /',
      step: { type: 'request', id: 'home', service: 'after', method: 'GET', path: '/' },
      judge: (seen) => [...listHeaderAlarms('GET /', seen), ...judgeNonsense('GET /', seen)],
    },
    ...reads.map((operation, index): Probe => {
      const where = `GET ${operation.path}`
      return {
        where,
        step: makeCall(operation, 'after', `read-${index}`),
        judge: (seen) => [...listHeaderAlarms(where, seen), ...judgeNonsense(where, seen)],
      }
    }),
    ...['/', ...reads.map(({ callPath }) => callPath)].slice(0, 3).map((path, index): Probe => {
      const where = `GET ${reads[index - 1]?.path ?? '/'} from another site`
      return {
        where,
        step: {
          type: 'request',
          id: `origin-${index}`,
          service: 'after',
          method: 'GET',
          path,
          headers: { origin },
        },
        judge: (seen) => listOriginAlarms(where, origin, seen),
      }
    }),
    {
      where: 'GET an address that is not there',
      step: { type: 'request', id: 'absent', service: 'after', method: 'GET', path: `/${marker}/not-here` },
      judge: (seen) => [
        ...judgeNonsense('GET an address that is not there', seen),
        ...('answer' in seen && seen.answer.status === 200 && leaksStack(seen.answer)
          ? listHeaderAlarms('an error page', seen)
          : []),
      ],
    },
  ]
}
