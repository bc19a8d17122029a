import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Where on this machine a run's repository was: a help for the way back, which the run itself never needs. */
const Origin = z.strictObject({ root: z.string().min(1) })

const getFile = (home: string, runId: string): string => path.join(home, 'origins', `${runId}.json`)

export const noteOrigin = (home: string, runId: string, root: string): void => {
  const file = getFile(home, runId)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify({ root })}\n`, { mode: 0o600 })
}

/** The folder that a run was started from here; undefined where it was started elsewhere, or not from one. */
export const findOrigin = (home: string, runId: string): string | undefined => {
  const file = getFile(home, runId)
  if (!existsSync(file)) return undefined
  const parsed = Origin.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  return parsed.success ? parsed.data.root : undefined
}
