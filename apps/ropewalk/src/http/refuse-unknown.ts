import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance } from 'fastify'

type Known = { readonly pattern: RegExp; readonly methods: Set<string> }

const makePattern = (url: string): RegExp =>
  new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[A-Za-z]+/gu, '[^/]+')}$`, 'u')

/** Answers 405 with `Allow` where the path is one of ours, 404 where it is not. Call it before routes are added. */
export const refuseUnknown = (app: FastifyInstance): void => {
  const known = new Map<string, Known>()
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: makePattern(url), methods: new Set<string>() }
    for (const each of [method].flat()) entry.methods.add(each)
    known.set(url, entry)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((entry) => [...entry.methods])
    if (methods.length === 0) throw new RopewalkError('NOT_FOUND', 'There is nothing at this address.')
    const allow = [...new Set(methods)].toSorted()
    void reply.header('allow', allow.join(', '))
    throw new RopewalkError('METHOD_NOT_ALLOWED', `This address takes ${allow.join(', ')}.`, {
      details: { allow },
    })
  })
}
