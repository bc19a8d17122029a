import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { listFiles } from '../checkout.ts'
import type { Finding } from './finding.ts'
import type { TextSource } from './apart/analyse-apart.ts'

export type TextLimits = { readonly fileBytes: number; readonly totalBytes: number; readonly files: number }

/** Far above what people write by hand; bundled and generated files may lie above and are then named. */
const LIMITS: TextLimits = { fileBytes: 2 * 1024 ** 2, totalBytes: 64 * 1024 ** 2, files: 5000 }

export type Unread = readonly { readonly file: string; readonly reason: string }[]

export type SourceTexts = { readonly sources: readonly TextSource[]; readonly unread: Unread }

/** Characters as they are where the file is text, byte by byte where it is not: a token in it is still one. */
export const getText = (bytes: Buffer): string =>
  bytes.subarray(0, 8192).includes(0) ? bytes.toString('latin1') : bytes.toString('utf8')

/** The text of a regular file, never of what a link points at, up to a number of bytes. */
const readText = async (path: string, limit: number): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(Math.min(limit, (await file.stat()).size))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return getText(bytes.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/**
 * The texts of a checkout that `isWanted`, by path, read when asked for; links, `.git` and `node_modules` are
 * left out. What lies above a limit is named in `unread` with the reason.
 */
export const listSourceTexts = async (
  dir: string | null,
  isWanted: (file: string) => boolean,
  { fileBytes, totalBytes, files }: TextLimits = LIMITS,
): Promise<SourceTexts> => {
  const sources: TextSource[] = []
  const unread: { file: string; reason: string }[] = []
  let total = 0
  for (const name of dir === null ? [] : await listFiles(dir, ['.git', 'node_modules'])) {
    if (!isWanted(name)) continue
    const path = join(dir ?? '', name)
    const { size } = await lstat(path)
    if (size > fileBytes) unread.push({ file: name, reason: `it has ${size} of at most ${fileBytes} bytes` })
    else if (sources.length >= files || total + size > totalBytes)
      unread.push({ file: name, reason: 'the repository has more files than are scanned' })
    else {
      total += size
      sources.push({ name, read: () => readText(path, fileBytes) })
    }
  }
  return { sources, unread }
}

/** At most so many are told one by one: a repository of a million odd files shall not fill the report. */
const MAX_TOLD = 50

const makeUnreadFinding = (file: string | null, title: string): Finding => ({
  rule: 'not-scanned',
  severity: 'high',
  title: title.slice(0, 400),
  file,
  line: null,
})

/**
 * What could not be looked at, as findings. High: a file made to be unreadable is no reason to believe that
 * nothing is in it.
 */
export const makeUnreadFindings = (unread: Unread): Finding[] => [
  ...unread
    .slice(0, MAX_TOLD)
    .map(({ file, reason }) => makeUnreadFinding(file, `This file was not scanned: ${reason}.`)),
  ...(unread.length <= MAX_TOLD
    ? []
    : [makeUnreadFinding(null, `${unread.length - MAX_TOLD} more files were not scanned.`)]),
]
