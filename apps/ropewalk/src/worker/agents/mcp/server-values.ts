import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { Name, text } from '@ropewalk/core/text'
import { z } from 'zod'
import type { PlaybookFault } from '../../../engine/playbook/fault.ts'
import type { Judged } from '../../../engine/playbook/judge-contract.ts'
import type { SourceFile } from '../../../engine/playbook/source-file.ts'
import { parseGuardedUrl } from '../../../notify/guarded-url.ts'

/** A value of the home's secrets by its name, with what goes before it, such as `Bearer `. */
type SecretValue = { readonly secret: string; readonly prefix?: string | undefined }

/** Variables or headers of a server: written out, or by the name of a secret. */
export type ServerValues = Readonly<Record<string, string | SecretValue>>

const Prefix = z.string().regex(/^[ -~]{0,40}$/u)
const Value = z.union([text(8000), z.strictObject({ secret: Name, prefix: Prefix.optional() })])

const PATTERNS = {
  env: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u,
  headers: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/u,
} as const

/** The transport says these itself, or they would change whom the request reaches. */
const OWN_HEADERS = /^(?:host|content-length|content-type|accept|connection|transfer-encoding|mcp-.*)$/iu

/** Headers that carry nothing but credentials. */
const CREDENTIALS = /^(?:(?:proxy-)?authorization|cookie|.*api-?key)$/iu

const tell = (
  file: SourceFile,
  key: string,
  said: Pick<PlaybookFault, 'problem' | 'fix'>,
  name?: string,
): PlaybookFault => ({
  path: file.path,
  ...(name === undefined ? file.locate(['transport', key]) : file.locateKey(['transport', key], name)),
  ...said,
})

const judgeHeader = (name: string, value: unknown): Pick<PlaybookFault, 'problem' | 'fix'> | undefined => {
  if (OWN_HEADERS.test(name))
    return { problem: `transport.headers may not set ${name}.`, fix: 'Remove it; the transport sets it.' }
  if (typeof value !== 'string') return undefined
  if (CREDENTIALS.test(name))
    return {
      problem: `transport.headers.${name} stands written out in the file.`,
      fix: 'Keep it with ./ropewalk secret set NAME, and write { secret: NAME, prefix: "Bearer " } here.',
    }
  return /^[\t\u0020-\u007e]*$/u.test(value)
    ? undefined
    : { problem: `transport.headers.${name} holds what no header may.`, fix: 'Use plain ASCII on one line.' }
}

/** No fault repeats a value: it may be a secret that somebody wrote in the wrong place. */
export const judgeValues = (
  file: SourceFile,
  key: 'env' | 'headers',
  given: unknown,
): Judged<ServerValues> => {
  if (given === undefined || given === null) return { value: {}, faults: [] }
  const parsed = z.record(z.string(), z.unknown()).safeParse(given)
  if (!parsed.success)
    return {
      value: undefined,
      faults: [
        tell(file, key, {
          problem: `transport.${key} is no map of names to values.`,
          fix: 'Write NAME: value or NAME: { secret: NAME }.',
        }),
      ],
    }
  const faults = Object.entries(parsed.data).flatMap(([name, value]): PlaybookFault[] => {
    if (!PATTERNS[key].test(name))
      return [
        tell(
          file,
          key,
          { problem: `transport.${key} has a name that cannot be used.`, fix: 'Rename it.' },
          name,
        ),
      ]
    if (!Value.safeParse(value).success)
      return [
        tell(
          file,
          key,
          {
            problem: `transport.${key}.${name} is neither text nor the name of a secret.`,
            fix: `Write ${name}: "text" or ${name}: { secret: NAME }.`,
          },
          name,
        ),
      ]
    const fault = key === 'headers' ? judgeHeader(name, value) : undefined
    return fault === undefined ? [] : [tell(file, key, fault, name)]
  })
  return faults.length > 0
    ? { value: undefined, faults }
    : { value: z.record(z.string(), Value).parse(parsed.data), faults }
}

/** The address may carry a token: it is not repeated. */
export const judgeAddress = (file: SourceFile, given: unknown): Judged<string> => {
  const fix = 'Write an http or https address, such as https://tools.example.com/mcp.'
  if (typeof given !== 'string')
    return { value: undefined, faults: [tell(file, 'url', { problem: 'transport.url is missing.', fix })] }
  try {
    return { value: parseGuardedUrl(given).href, faults: [] }
  } catch (error) {
    if (!(error instanceof RopewalkError)) throw error
    const problem = `transport.url: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`
    return { value: undefined, faults: [tell(file, 'url', { problem, fix })] }
  }
}

export const judgeFolder = (file: SourceFile, given: unknown): Judged<string> => {
  if (given === undefined || given === null) return { value: undefined, faults: [] }
  if (typeof given === 'string' && path.isAbsolute(given) && !given.includes('\0'))
    return { value: given, faults: [] }
  const said = { problem: 'transport.cwd is no absolute path.', fix: 'Write the whole path, or remove it.' }
  return { value: undefined, faults: [tell(file, 'cwd', said)] }
}

/** The names of the secrets that some values refer to, each once. */
export const listSecretNames = (values: ServerValues): readonly string[] => [
  ...new Set(Object.values(values).flatMap((value) => (typeof value === 'string' ? [] : [value.secret]))),
]

/** The values with secrets in the place of their names. Throws NOT_FOUND for one that was not granted. */
export const fillValues = (
  values: ServerValues,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value === 'string') return [name, value]
      const secret = secrets[value.secret]
      if (secret === undefined)
        throw new RopewalkError('NOT_FOUND', `No secret named ${value.secret} was granted.`)
      return [name, `${value.prefix ?? ''}${secret}`]
    }),
  )

/** A word shorter than this is a scheme or a name, and no token. */
const MIN_WORD = 8

/** All of a secret that a server may repeat: a header's value is often more than the token in it. */
export const listSecretForms = (secret: string): readonly string[] => {
  const words = secret.split(/\s+/u).filter((word) => word.length >= MIN_WORD)
  const [scheme, coded = ''] = secret.split(' ')
  const plain = scheme?.toLowerCase() === 'basic' ? Buffer.from(coded, 'base64').toString('utf8') : ''
  const password = plain.slice(plain.indexOf(':') + 1)
  return [secret, ...words, ...(password.length >= MIN_WORD ? [plain, password] : [])]
}
