import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Prd, ReleaseNotes } from '@ropewalk/core/contract/documents'
import { findFileInside } from '../checkout.ts'
import { findArtifact, findDocument, getJson } from '../documents.ts'
import { lacks, makeGuard, notRun } from '../make-guard.ts'
import { findByPointer } from '../text/json-pointer.ts'
import { judgeChecks, type Check } from './checks.ts'

const Settings = z.strictObject({ min: z.number().min(0).max(1).default(1) })

const readText = async (dir: string, file: string): Promise<string | undefined> =>
  (await findFileInside(dir, file)) === undefined ? undefined : readFile(join(dir, file), 'utf8')

const getPackageVersion = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const checkVersion = async (version: string, packageText: string | undefined): Promise<Check[]> => {
  const semver = await import('semver')
  const valid: Check = {
    ok: semver.valid(version) === version,
    reason: `"${version}" is not a semantic version.`,
  }
  const known = packageText === undefined ? undefined : getPackageVersion(packageText)
  if (known === undefined || !valid.ok) return [valid]
  if (typeof known !== 'string' || semver.valid(known) === null)
    return [valid, { ok: false, reason: 'package.json has no semantic version.' }]
  const ok = semver.gte(version, known)
  return [valid, { ok, reason: `The release ${version} is lower than ${known} of package.json.` }]
}

const checkChangelog = (version: string, changelog: string | undefined): Check[] => {
  if (changelog === undefined) return []
  const escaped = version.replaceAll('.', String.raw`\.`)
  const ok = new RegExp(String.raw`(?<![\d.])${escaped}(?![\d]|\.\d)`, 'u').test(changelog)
  return [{ ok, reason: `CHANGELOG.md does not name ${version}.` }]
}

const checkChanges = (notes: ReleaseNotes, prd: Prd): Check[] =>
  notes.changes.map(({ cites }, index) => {
    const cited = cites.filter((citation) => /^PRD#\/requirements\/\d+(?:\/|$)/u.test(citation))
    const lost = cited.filter((citation) => findByPointer(prd, citation.slice('PRD#'.length)) === undefined)
    if (lost.length > 0)
      return {
        ok: false,
        reason: `ReleaseNotes#/changes/${index} cites ${lost.join(', ')}, which does not exist.`,
      }
    return { ok: cited.length > 0, reason: `ReleaseNotes#/changes/${index} cites no requirement of the PRD.` }
  })

/** The release's version is a semantic one and not lower than the package's, and its changes cite requirements. */
export const guard = makeGuard({
  name: 'release',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const found = findArtifact(input, 'ReleaseNotes')
    if (found === undefined) return notRun('The run has no release notes.')
    const version = z.object({ version: z.string() }).safeParse(getJson(found)).data?.version ?? ''
    // Told apart from a broken contract, so that the report names the version and not a pattern.
    if (!/^\d+\.\d+\.\d+$/u.test(version))
      return { outcome: 'fail', score: 0, reasons: [`"${version}" is not a semantic version like 1.0.0.`] }
    const notes = findDocument(input, 'ReleaseNotes')
    const prd = findDocument(input, 'PRD')
    if (notes === undefined) return lacks('ReleaseNotes')
    if (prd === undefined) return lacks('PRD')
    const dir = input.worktree?.dir
    const read = (file: string) => (dir === undefined ? Promise.resolve(undefined) : readText(dir, file))
    const checks = [
      ...(await checkVersion(version, await read('package.json'))),
      ...checkChangelog(version, await read('CHANGELOG.md')),
      ...checkChanges(notes, prd),
    ]
    return judgeChecks(checks, settings.min)
  },
})
