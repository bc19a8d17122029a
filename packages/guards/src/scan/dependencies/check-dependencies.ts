import type { Finding } from '../finding.ts'
import { checkEngine } from './check-engine.ts'
import type { Locked, Manifest } from './facts.ts'
import type { Dependencies } from './read-dependencies.ts'
import { isWithdrawn } from './withdrawn.ts'

type Told = Pick<Finding, 'rule' | 'severity' | 'title'> & { readonly fix?: string }

/** Scripts that run on the machine of whoever installs the package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

const isOwn = (specifier: string): boolean =>
  /^(?:workspace|file|link|portal|catalog|patch):/u.test(specifier)

/** What is wrong with the way a dependency is asked for, if anything. */
export const checkSpecifier = (specifier: string): Told | undefined => {
  const asked = specifier.trim()
  if (isOwn(asked)) return undefined
  if (/^(?:git\+)?http:\/\//u.test(asked) || /^git:\/\//u.test(asked))
    return {
      rule: 'dependency-unencrypted',
      severity: 'high',
      title: 'is fetched over a line that anyone on it can change.',
    }
  if (
    /^(?:git\+|git@|github:|gitlab:|bitbucket:|gist:|ssh:)/u.test(asked) ||
    /^[\w.-]+\/[\w.-]+(?:#.*)?$/u.test(asked)
  )
    return {
      rule: 'dependency-from-git',
      severity: 'medium',
      title: 'comes from a repository, past every registry.',
    }
  if (/^https:\/\//u.test(asked))
    return {
      rule: 'dependency-from-url',
      severity: 'medium',
      title: 'comes from a URL, past every registry.',
    }
  const range = asked.replace(/^npm:@?[^@]+@?/u, '')
  if (/^(?:\*|x|latest|next|)$/iu.test(range) || /^>=?\s*\d[^<|]*$/u.test(range))
    return {
      rule: 'dependency-any-version',
      severity: 'medium',
      title: 'may become any newer version.',
      fix: 'Name a version or a range with an end.',
    }
  return undefined
}

const listDeclared = (manifest: Manifest): [string, string][] =>
  Object.entries({ ...manifest.devDependencies, ...manifest.optionalDependencies, ...manifest.dependencies })

const checkManifest = (file: string, manifest: Manifest, at: string): Finding[] => {
  const findings: Finding[] = []
  for (const [name, specifier] of listDeclared(manifest)) {
    const told = checkSpecifier(specifier)
    if (told === undefined) continue
    findings.push({
      ...told,
      title: `${name.slice(0, 200)} ${told.title}`,
      file,
      line: null,
      package: name.slice(0, 300),
    })
  }
  for (const script of manifest.scripts.filter((one) => INSTALL_SCRIPTS.includes(one))) {
    const title = `The script ${script} runs on the machine of whoever installs this.`
    findings.push({ rule: 'install-script', severity: 'medium', title, file, line: null })
  }
  return [...findings, ...checkEngine(file, manifest.engine, at)]
}

const checkLocked = (file: string, one: Locked): Finding[] => {
  const findings: Finding[] = []
  const name = `${one.name}@${one.version}`.slice(0, 300)
  const add = (rule: string, severity: Finding['severity'], title: string) => {
    findings.push({ rule, severity, title: title.slice(0, 400), file, line: null, package: name })
  }
  if (isWithdrawn(one.name, one.version))
    add('dependency-withdrawn', 'critical', `${name} carried hostile code and was withdrawn.`)
  if (one.source !== null && /^(?:http|git):\/\//u.test(one.source))
    add('lock-unencrypted', 'high', `${name} is fetched over a line that anyone on it can change.`)
  else if (one.source !== null && !one.source.startsWith('file:'))
    add('lock-other-source', 'medium', `${name} does not come from the registry.`)
  else if (one.source === null && !one.hasIntegrity)
    add('lock-no-digest', 'medium', `The lock file has no digest of ${name}.`)
  if (one.hasInstallScript)
    add('dependency-install-script', 'low', `${name} runs a script of its own when it is installed.`)
  if (one.deprecated !== null)
    add('dependency-deprecated', 'medium', `${name} is deprecated: ${one.deprecated.slice(0, 200)}`)
  return findings
}

const getFolder = (file: string): string => file.slice(0, file.lastIndexOf('/') + 1)

/** A manifest is locked by a lock beside it or, in a workspace, above it. */
const isLocked = (manifest: string, lock: string): boolean => getFolder(manifest).startsWith(getFolder(lock))

const checkLocks = ({ manifests, locks, unread, others }: Dependencies): Finding[] => {
  const findings: Finding[] = []
  // A lock that could not be read is a finding of its own; the versions it pins are not missing besides.
  const files = [...locks.keys(), ...unread.map(({ file }) => file), ...others].filter(
    (file) => !file.endsWith('package.json'),
  )
  for (const [file, manifest] of manifests) {
    const declared = listDeclared(manifest).filter(([, specifier]) => !isOwn(specifier))
    if (declared.length === 0) continue
    const own = files.filter((lock) => isLocked(file, lock))
    if (own.length === 0) {
      const title = 'No lock file says which versions of the dependencies are used.'
      findings.push({
        rule: 'lock-missing',
        severity: 'medium',
        title,
        file,
        line: null,
        fix: 'Commit the lock file.',
      })
      continue
    }
    const names = new Set(own.flatMap((lock) => locks.get(lock)?.map(({ name }) => name) ?? []))
    if (!own.every((lock) => locks.has(lock))) continue
    for (const [name, specifier] of declared.filter(
      ([one, asked]) => !names.has(one) && !asked.startsWith('npm:'),
    )) {
      const title = `${name.slice(0, 200)} (${specifier.slice(0, 80)}) is declared and stands in no lock file.`
      findings.push({
        rule: 'lock-stale',
        severity: 'medium',
        title,
        file,
        line: null,
        package: name.slice(0, 300),
      })
    }
  }
  return findings
}

/** What can be said against the dependencies without asking anyone on a network. `at` is the instant to judge by. */
export const checkDependencies = (found: Dependencies, at: string): Finding[] => [
  ...[...found.manifests].flatMap(([file, manifest]) => checkManifest(file, manifest, at)),
  ...[...found.locks].flatMap(([file, packages]) => packages.flatMap((one) => checkLocked(file, one))),
  ...checkLocks(found),
]
