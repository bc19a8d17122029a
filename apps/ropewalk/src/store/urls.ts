import { RopewalkError } from '@ropewalk/core/errors'

const FORM = /^(postgres(?:ql)?:\/\/)(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?(.*)$/u

/**
 * The same server and database under another login. Works on socket urls (`postgres://u:p@/db?host=/dir`),
 * which the URL class refuses. Throws INVALID_ARGUMENT for what is no Postgres url.
 */
export const makeRoleUrl = (url: string, role: string, password: string): string => {
  const found = FORM.exec(url)
  if (found === null) {
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a url like postgres://user:password@host/database.')
  }
  const [, scheme = '', , host = '', path = '', rest = ''] = found
  return `${scheme}${encodeURIComponent(role)}:${encodeURIComponent(password)}@${host}${path}${rest}`
}
