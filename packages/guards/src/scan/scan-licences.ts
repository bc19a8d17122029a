import { readDependencies } from './dependencies/read-dependencies.ts'
import type { Finding, Scan } from './finding.ts'
import { judgeLicence, type LicenceVerdict } from './licences/judge-licence.ts'
import { makeOwnPart } from './make-part.ts'
import { listDependencies, type ListedDependency } from './scan-dependencies.ts'
import type { Scanner } from './scan-input.ts'
import { makeUnreadFindings } from './source-texts.ts'

const getFinding = (one: ListedDependency, verdict: LicenceVerdict): Finding[] => {
  const name = `${one.name}@${one.version ?? 'any version'}`.slice(0, 300)
  const licence = (one.license ?? '').slice(0, 100)
  const base = { file: null, line: null, package: name }
  switch (verdict) {
    case 'allowed':
      return []
    case 'denied':
      return [
        {
          ...base,
          rule: 'licence-denied',
          severity: 'high',
          title: `${name} has the licence ${licence}, which is denied.`,
        },
      ]
    case 'unlisted':
      return [
        {
          ...base,
          rule: 'licence-unlisted',
          severity: 'high',
          title: `${name} has the licence ${licence}, which is not allowed.`,
        },
      ]
    case 'unknown':
      return [
        {
          ...base,
          rule: 'licence-unknown',
          severity: 'medium',
          title: `Nobody knows under which licence ${name} is.`,
        },
      ]
  }
}

/**
 * Licences of the dependencies as the lock file states them, which npm copies from each package. A checkout
 * holds no installed package to read them from, and installing some to look would run foreign code.
 */
export const scanLicences: Scanner = async (input): Promise<Scan> => {
  const found = await readDependencies(input.dir)
  const { development, ...lists } = input.settings.licences
  const judged = listDependencies(found).filter(({ scope }) => development || scope !== 'development')
  const findings = judged.flatMap((one) => getFinding(one, judgeLicence(one.license, lists)))
  const silent = [...found.manifests].filter(([, manifest]) => manifest.license === null)
  const stated = silent.map(([file]): Finding => ({
    rule: 'licence-not-stated',
    severity: 'info',
    title: 'This package does not state its own licence.',
    file,
    line: null,
  }))
  const notes = judged.length === 0 ? ['The code has no dependency of another maker.'] : []
  return {
    parts: [makeOwnPart('licences', [...findings, ...stated, ...makeUnreadFindings(found.unread)])],
    scannedFiles: found.manifests.size + found.locks.size,
    notes,
  }
}
