import type { FastifyReply, FastifyRequest } from 'fastify'

/** Whether the caller has this version already; sets the ETag, and 304 when so. See RFC 9110, 13.1.2. */
export const isUnchanged = (request: FastifyRequest, reply: FastifyReply, version: string): boolean => {
  const tag = `"${version}"`
  void reply.header('etag', tag).header('cache-control', 'private, no-cache')
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  const known = header.split(',').map((entry) => entry.trim().replace(/^W\//u, ''))
  if (!known.includes(tag) && header.trim() !== '*') return false
  void reply.code(304)
  return true
}
