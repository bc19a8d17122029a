import { scanLint, scanStaticSecurity } from './scan-code.ts'
import { scanDependencies } from './scan-dependencies.ts'
import { scanContainers, scanInfrastructure } from './scan-infrastructure.ts'
import type { Scanner } from './scan-input.ts'
import { scanLicences } from './scan-licences.ts'
import { scanSecrets } from './scan-secrets.ts'

/** Names of the scanners that a guard can run live. */
export const SCANNER_NAMES = ['secrets', 'sca', 'sast', 'iac', 'container', 'licences', 'lint'] as const
export type ScannerName = (typeof SCANNER_NAMES)[number]

export const SCANNERS: Readonly<Record<ScannerName, Scanner>> = {
  secrets: scanSecrets,
  sca: scanDependencies,
  sast: scanStaticSecurity,
  iac: scanInfrastructure,
  container: scanContainers,
  licences: scanLicences,
  lint: scanLint,
}
