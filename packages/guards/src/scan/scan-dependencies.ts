import { findProgram, runProgram } from './adapters/run-program.ts'
import { makeOsvScanner } from './adapters/osv-scanner.ts'
import { makeTrivyAdvisories } from './adapters/trivy.ts'
import { checkDependencies } from './dependencies/check-dependencies.ts'
import { readDependencies, type Dependencies } from './dependencies/read-dependencies.ts'
import type { Scan, ScanPart } from './finding.ts'
import { makeNotRunPart, makeOwnPart } from './make-part.ts'
import type { ScanInput } from './scan-input.ts'
import { makeUnreadFindings } from './source-texts.ts'

/** One dependency as the report lists it. */
export type ListedDependency = {
  readonly name: string
  readonly version: string | null
  readonly scope: 'runtime' | 'development' | 'optional'
  readonly is_direct: boolean
  readonly license: string | null
}

const MAX_LISTED = 20_000

/** Each package once a version, direct ones also where no lock pins them. */
export const listDependencies = ({ manifests, locks }: Dependencies): ListedDependency[] => {
  const listed = new Map<string, ListedDependency>()
  const direct = new Map<string, { scope: ListedDependency['scope']; specifier: string }>()
  for (const manifest of manifests.values())
    for (const [scope, versions] of [
      ['development', manifest.devDependencies],
      ['optional', manifest.optionalDependencies],
      ['runtime', manifest.dependencies],
    ] as const)
      for (const [name, specifier] of Object.entries(versions)) direct.set(name, { scope, specifier })
  for (const one of [...locks.values()].flat()) {
    const asked = direct.get(one.name)
    const isDirect = asked !== undefined && (one.isTop || one.scope !== 'development')
    listed.set(`${one.name}@${one.version}`, {
      name: one.name.slice(0, 214),
      version: one.version.slice(0, 120) || null,
      scope: isDirect ? asked.scope : one.scope,
      is_direct: isDirect,
      license: one.license?.slice(0, 200) || null,
    })
  }
  const pinned = new Set([...listed.values()].map(({ name }) => name))
  for (const [name, { scope, specifier }] of direct) {
    if (pinned.has(name) || name === '') continue
    const version = /^\d+\.\d+\.\d+(?:[-+][\w.+-]{1,60})?$/u.test(specifier) ? specifier : null
    listed.set(name, { name: name.slice(0, 214), version, scope, is_direct: true, license: null })
  }
  return [...listed.values()].filter(({ name }) => name !== '').slice(0, MAX_LISTED)
}

/** Advisories for what is used. Where nobody can look them up offline nobody knows, and the part says so. */
const scanAdvisories = async (input: ScanInput, isEmpty: boolean): Promise<ScanPart> => {
  if (isEmpty) return makeOwnPart('advisories', [])
  const { osv, trivy } = input.settings.databases
  const reasons: string[] = []
  for (const [program, database, make] of [
    ['osv-scanner', osv, makeOsvScanner],
    ['trivy', trivy, makeTrivyAdvisories],
  ] as const) {
    if ((await findProgram(input, program)) === undefined) reasons.push(`${program} is not installed`)
    else if (database === undefined)
      reasons.push(
        `${program} has no advisories offline (settings.databases.${program === 'trivy' ? 'trivy' : 'osv'})`,
      )
    else return runProgram(input, make(database), false)
  }
  const reason = `Nobody looked up advisories for the dependencies: ${reasons.join('; ')}.`
  return makeNotRunPart('advisories', 'none', reason, false)
}

/** Dependencies and what speaks against them: what can be seen without a network, and advisories where it can. */
export const scanDependencies = async (
  input: ScanInput,
): Promise<Scan & { readonly dependencies: readonly ListedDependency[] }> => {
  const found = await readDependencies(input.dir)
  const dependencies = listDependencies(found)
  const isEmpty = dependencies.length === 0 && found.others.length === 0 && found.unread.length === 0
  const own = makeOwnPart('dependencies', [
    ...checkDependencies(found, input.now()),
    ...makeUnreadFindings(found.unread),
  ])
  const notes = [
    ...(isEmpty ? ['The code has no dependency of another maker.'] : []),
    ...(found.others.length > 0
      ? [`Only a scanner of advisories reads ${found.others.slice(0, 10).join(', ')}.`.slice(0, 2000)]
      : []),
  ]
  return {
    parts: [own, await scanAdvisories(input, isEmpty)],
    scannedFiles: found.manifests.size + found.locks.size,
    notes,
    dependencies,
  }
}
