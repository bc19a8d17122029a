import { RopewalkError } from '@ropewalk/core/errors'
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

/**
 * The version that `If-Match` names, for a change that is to hold only while nobody else made one; null without
 * the header and for `*`. Throws INVALID_ARGUMENT for what was never an ETag of ours. See RFC 9110, 13.1.1.
 */
export const getExpectedVersion = (request: FastifyRequest): number | null => {
  const header = request.headers['if-match']?.trim()
  if (header === undefined || header === '*') return null
  const version = /^"([1-9]\d{0,8})"$/u.exec(header)?.[1]
  if (version !== undefined) return Number(version)
  throw new RopewalkError('INVALID_ARGUMENT', 'If-Match takes the ETag of the version that was read, as "3".')
}
